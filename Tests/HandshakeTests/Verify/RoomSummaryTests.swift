import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct RoomSummaryTests {
    /// Levels of every form that the version has.
    private static func levels(_ version: RoomVersion) -> JSON.Object {
        var users: JSON.Object = [
            "@creator:resident.example:8448": 100, "@a:resident.example:8448": "60", "@c:resident.example:8448": 50,
        ]
        if version.numbers != .strict { users["@b:resident.example:8448"] = .number("55.9") }
        return ["users": .object(users), "state_default": 50]
    }

    private func powers(_ version: RoomVersion) async throws -> [Int] {
        var resident = FakeResident(version)
        let first = JSON.object(resident.room.state[2].event)
        resident.room.add("m.room.power_levels", "", Self.levels(version))
        resident.template = resident.room.template(for: FakeResident.user)
        resident.answering = { answer in
            var answer = answer
            answer["state"] = .array((answer["state"]?.array ?? []).filter { $0 != first })
            answer["auth_chain"] = .array((answer["auth_chain"]?.array ?? []) + [first])
            return answer
        }
        for record in try await Harness(resident).join().book.records {
            if case .room(let summary) = record.event { return summary.powers.map(\.level) }
        }
        return []
    }

    @Test(arguments: [(RoomVersion.v1, [100, 60, 55, 50]), (.v5, [100, 60, 55, 50]), (.v9, [100, 60, 50])])
    func `levels are read as the room version writes them`(version: RoomVersion, levels: [Int]) async throws {
        #expect(try await powers(version) == levels)
    }
}
/// Whom a room's server ACL lets in.
@Suite struct ServerACLTests {
    struct ACL: CustomTestStringConvertible {
        let allow: JSON
        var deny: JSON = []
        var literals: JSON?
        let admitted: [Text]
        let shutOut: [Text]

        var content: JSON.Object {
            var content: JSON.Object = ["allow": allow, "deny": deny]
            content["allow_ip_literals"] = literals
            return content
        }
        var testDescription: String { String(decoding: JSON.object(content).compact, as: UTF8.self) }
    }

    static let lists: [ACL] = [
        ACL(allow: ["*"], admitted: ["a.example", "a.example:8448", "1.2.3.4", "[::1]:80"], shutOut: []),
        ACL(allow: [], admitted: [], shutOut: ["a.example", "1.2.3.4"]),
        ACL(allow: "*", admitted: [], shutOut: ["a.example"]),
        ACL(allow: [7, "a.example", .null], admitted: ["a.example"], shutOut: ["b.example"]),
        ACL(
            allow: ["*"], deny: ["*.evil.example", "evil.example"], admitted: ["notevil.example", "evil.example.org"],
            shutOut: ["evil.example", "a.evil.example", "evil.example:8448", "A.Evil.Example"]),
        ACL(allow: ["A.EXAMPLE"], admitted: ["a.example", "A.example:1"], shutOut: ["b.example"]),
        ACL(
            allow: ["s?.example"], admitted: ["s1.example", "sx.example:2"],
            shutOut: ["s.example", "s12.example"]),
        ACL(allow: ["a.example:8448"], admitted: [], shutOut: ["a.example:8448", "a.example"]),
        ACL(
            allow: ["*"], literals: false, admitted: ["a.example", "1.2.3.4.example"],
            shutOut: ["1.2.3.4", "1.2.3.4:8448", "[::1]", "[::1]:8448"]),
        ACL(allow: ["*"], literals: "false", admitted: ["1.2.3.4"], shutOut: []),
        ACL(allow: ["*"], deny: ["1.2.3.*"], admitted: ["1.2.4.3"], shutOut: ["1.2.3.4", "1.2.3.4:80"]),
        ACL(allow: ["[2001:db8:*"], admitted: ["[2001:db8::1]", "[2001:DB8::1]:80"], shutOut: ["[2001:db9::1]"]),
        ACL(allow: ["**a*b**"], admitted: ["ab", "xaybz"], shutOut: ["ba"]),
        ACL(allow: ["*"], deny: ["*"], admitted: [], shutOut: ["a.example"]),
        ACL(allow: ["[a-z].example", "a\\.example"], admitted: [], shutOut: ["a.example"]),
    ]

    @Test(arguments: lists)
    func `a server ACL admits by its globs, whatever the port`(acl: ACL) throws {
        let list = ServerACL(acl.content)
        for name in acl.admitted { #expect(list.admits(.named(name)), "\(name)") }
        for name in acl.shutOut { #expect(!list.admits(.named(name)), "\(name)") }
    }

    @Test func `a glob of very many stars is no trap`() {
        let glob = JSON.string(Text(String(repeating: "a*", count: 5000) + "b"))
        let name = ServerName.named(Text(String(repeating: "a", count: 200)))
        #expect(!ServerACL(["allow": [glob]]).admits(name))
    }
}
