import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What is told of a room at a glance.
@Suite struct RoomSummaryTests {
    private static let neighbour = FakeServer("neighbour.example")

    private func summary(
        _ room: RoomBuilder, us: ServerName? = nil, _ change: (inout JSON.Object) -> Void = { _ in }
    ) throws -> RoomSummary {
        let read = try ReadRoom(room, change)
        return RoomSummary(read.events, Members(read.events), read.body, room.roomID, room.version, read.answer, us: us)
    }

    private func room(_ version: RoomVersion = .v11) -> RoomBuilder { RoomBuilder(version, FakeResident.resident) }

    static let creators: [(RoomVersion, [Text])] = [
        (.v1, ["@named:a"]), (.v10, ["@named:a"]), (.v11, ["@creator:resident.example:8448"]),
        (.v12, ["@creator:resident.example:8448", "@more:a", "@most:a"]),
    ]

    @Test(arguments: creators)
    func `who made it is told as its version says`(version: RoomVersion, creators: [Text]) throws {
        var room = room(version)
        room.tamper(with: room.create) {
            $0["content"] = ["creator": "@named:a", "additional_creators": ["@more:a", 7, "@most:a"]]
        }
        #expect(try summary(room).creators == creators)
    }

    @Test func `members and servers are those of the state`() throws {
        var room = room()
        let memberships: [Text] = ["join", "join", "invite", "ban", "leave", "knock", "nonsense"]
        for (i, membership) in memberships.enumerated() {
            let user = Self.neighbour.user(Text("u\(i)"))
            room.add("m.room.member", user.text, ["membership": .string(membership)], sender: user)
        }
        let summary = try summary(room) { answer in
            answer["auth_chain"] = .array((answer["state"]?.array ?? []))
            answer["state"] = .array(
                (answer["state"]?.array ?? []).filter { $0["state_key"] != "@u1:neighbour.example" })
        }
        #expect([summary.joined, summary.invited, summary.banned, summary.servers] == [2, 1, 1, 2])
        #expect(!summary.isPartial)
    }

    @Test func `where members were left out, the answer names the servers`() throws {
        let summary = try summary(room()) { answer in
            answer["members_omitted"] = true
            answer["servers_in_room"] = ["resident.example:8448", "a.example", "b.example"]
        }
        #expect(summary.isPartial)
        #expect([summary.joined, summary.servers] == [1, 3])
    }

    static let levels: [(RoomVersion, [Text])] = [
        (.v1, ["@float:a 99", "@int:a 50", "@string:a 7"]), (.v9, ["@int:a 50", "@string:a 7"]),
        (.v10, ["@int:a 50"]), (.v12, ["@int:a 50"]),
    ]

    @Test(arguments: levels)
    func `power levels are read as its version writes them`(version: RoomVersion, powers: [Text]) throws {
        var room = room(version)
        var users: JSON.Object = ["@string:a": " +007 ", "@int:a": 50, "@word:a": "many"]
        // From version 6 on no event has such a number.
        if version == .v1 { users["@float:a"] = .number("99.5") }
        room.tamper(with: room.state[2].id) { $0["content"] = ["users": .object(users)] }
        #expect(try summary(room).powers.map { Text("\($0.user) \($0.level)") } == powers)
    }

    @Test func `the five of most power are told, the mightiest first`() throws {
        var room = room()
        var users = JSON.Object()
        for (i, name) in ["c", "b", "a", "e", "d", "f", "g"].enumerated() {
            users[Text("@\(name):a")] = .integer(i / 3)
        }
        room.tamper(with: room.state[2].id) { $0["content"] = ["users": .object(users)] }
        #expect(try summary(room).powers.map(\.user) == ["@g:a", "@d:a", "@e:a", "@f:a", "@a:a"])
    }

    @Test func `what the state says of the room is told`() throws {
        var room = room()
        let bare = try summary(room, us: Self.neighbour.name)
        #expect(bare.joinRule == "public")
        #expect(bare.historyVisibility == nil && bare.encryption == nil && bare.replacement == nil)
        #expect(bare.aclAdmitsUs == nil)
        room.add("m.room.history_visibility", "", ["history_visibility": "joined"])
        room.add("m.room.encryption", "", ["algorithm": "m.megolm.v1.aes-sha2"])
        room.add("m.room.tombstone", "", ["replacement_room": "!new:a"])
        room.add("m.room.server_acl", "", ["allow": ["*"], "deny": ["neighbour.example"]])
        let full = try summary(room, us: Self.neighbour.name)
        #expect(full.historyVisibility == "joined")
        #expect(full.encryption == "m.megolm.v1.aes-sha2")
        #expect(full.replacement == "!new:a")
        #expect(full.aclAdmitsUs == false)
        #expect(try summary(room, us: FakeResident.resident.name).aclAdmitsUs == true)
        #expect(try summary(room).aclAdmitsUs == nil)
        room.remove(room.state[3].id)
        #expect(try summary(room).joinRule == "invite")
    }

    @Test func `of two events for one key the first counts`() throws {
        var room = room()
        for name: JSON in ["one", "two"] { room.add("m.room.encryption", "", ["algorithm": name]) }
        room.add("m.room.history_visibility", "x", ["history_visibility": "joined"])
        let summary = try summary(room)
        #expect(summary.encryption == "one")
        #expect(summary.historyVisibility == nil, "it has a state key")
    }

    @Test func `what is only in the chain is no state`() throws {
        var room = room()
        room.add("m.room.encryption", "", ["algorithm": "old"])
        let summary = try summary(room) { answer in
            answer["auth_chain"] = answer["state"]
            answer["state"] = .array((answer["state"]?.array ?? []).filter { $0["type"] != "m.room.encryption" })
        }
        #expect(summary.encryption == nil)
    }

    @Test func `a content that is not what was hashed counts as redacted`() throws {
        var room = room()
        let encryption = room.add("m.room.encryption", "", ["algorithm": "one"])
        room.tamper(with: encryption) { $0["content"] = ["algorithm": "two"] }
        let history = room.add("m.room.history_visibility", "", ["history_visibility": "joined", "x": 1])
        room.tamper(with: history) { $0["content"] = ["history_visibility": "shared", "x": 2] }
        let summary = try summary(room)
        #expect(summary.encryption == nil)
        #expect(summary.historyVisibility == "shared", "redaction keeps it")
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
