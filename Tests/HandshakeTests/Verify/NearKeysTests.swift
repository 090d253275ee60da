import TestSupport
import Testing

@testable import Handshake
@testable import Matrix

@Suite struct NearKeysTests {
    private func key(_ byte: UInt8) throws -> KnownKey {
        KnownKey(key: try #require(VerifyKey([UInt8](repeating: byte, count: 32))), validity: .until(1))
    }

    private func find(
        _ near: inout NearKeys, _ server: ServerName, _ id: Text, in table: KeyTable, at place: Int = 0
    ) -> KnownKey? {
        near.find(server, at: place, in: table) { $0 == id }
    }

    @Test func `are those of the table, whichever server or key had their place before`() throws {
        let (one, other) = (try #require(ServerName("a.example")), try #require(ServerName("b.example")))
        let (first, second) = (try #require(KeyID("ed25519:1")), try #require(KeyID("ed25519:2")))
        var table = KeyTable()
        table.add([first: try key(1), second: try key(2)], of: one, from: .server)
        table.add([first: try key(3)], of: other, from: .server)
        var near = NearKeys(size: 2)
        for _ in 0..<2 {
            for place in 0..<2 {
                #expect(find(&near, one, "ed25519:1", in: table, at: place) == (try key(1)))
                #expect(find(&near, one, "ed25519:1", in: table, at: place) == (try key(1)))
                #expect(find(&near, one, "ed25519:2", in: table, at: place) == (try key(2)))
                #expect(find(&near, other, "ed25519:1", in: table, at: place) == (try key(3)))
                #expect(find(&near, other, "ed25519:2", in: table, at: place) == nil)
            }
        }
    }

    @Test func `are looked for again once the table has changed`() throws {
        let server = try #require(ServerName("a.example"))
        let id = try #require(KeyID("ed25519:1"))
        var table = KeyTable()
        var near = NearKeys(size: 1)
        #expect(find(&near, server, "ed25519:1", in: table) == nil)
        table.add([id: try key(1)], of: server, from: .resident)
        #expect(find(&near, server, "ed25519:1", in: table) == (try key(1)))
        #expect(find(&near, server, "ed25519:1", in: table.withoutVouched) == nil)
        table.add([id: try key(2)], of: server, from: .server)
        #expect(find(&near, server, "ed25519:1", in: table) == (try key(2)))
        #expect(find(&near, server, "ed25519:1", in: table.withoutVouched) == (try key(2)))
        var other = table.withoutVouched
        other.add([id: try key(3)], of: try #require(ServerName("b.example")), from: .server)
        #expect(find(&near, server, "ed25519:1", in: other) == (try key(2)))
        table.close()
        #expect(find(&near, server, "ed25519:1", in: table) == (try key(2)))
    }
}
