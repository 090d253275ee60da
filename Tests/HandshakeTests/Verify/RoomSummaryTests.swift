import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Whom a room's server ACL lets in.
@Suite struct RoomSummaryTests {
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
