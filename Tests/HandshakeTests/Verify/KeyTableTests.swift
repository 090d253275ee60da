import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct KeyTableTests {
    private static let server = FakeServer("a.example")
    private static let twin = FakeServer("a.example", twin: true)

    struct Case: Sendable {
        let key: KnownKey
        let taken: Bool
    }

    private static func known(_ server: FakeServer, _ validity: KnownKey.Validity) -> KnownKey {
        KnownKey(key: server.publicKey, validity: validity)
    }

    static let seconds: [Case] = [
        Case(key: known(server, .until(20)), taken: true), Case(key: known(server, .until(5)), taken: false),
        Case(key: known(twin, .until(20)), taken: false), Case(key: known(server, .expired(20)), taken: false),
    ]

    @Test(arguments: seconds)
    func `a key that is there stays, unless it is the same one and valid for longer`(second: Case) {
        var table = KeyTable()
        let first = Self.known(Self.server, .until(10))
        table.add([Self.server.keyID: first], of: Self.server.name, from: .file)
        table.add([Self.server.keyID: second.key], of: Self.server.name, from: .notary)
        #expect(table[Self.server.name]?[Self.server.keyID] == (second.taken ? second.key : first))
    }

    @Test func `an old key stays old`() {
        var table = KeyTable()
        let old = Self.known(Self.server, .expired(10))
        table.add([Self.server.keyID: old], of: Self.server.name, from: .server)
        table.add([Self.server.keyID: Self.known(Self.server, .until(20))], of: Self.server.name, from: .resident)
        #expect(table[Self.server.name]?[Self.server.keyID] == old)
    }

    @Test func `knows of each key where it was had`() {
        let (name, id, other) = (Self.server.name, Self.server.keyID, FakeServer("a.example", generation: 1))
        var table = KeyTable()
        table.add([id: Self.known(Self.server, .until(10))], of: name, from: .server)
        #expect(table.entries[name]?.has(.resident) == false)
        table.add(
            [id: Self.known(Self.server, .until(5)), other.keyID: Self.known(other, .until(5))], of: name,
            from: .resident)
        #expect(table.entries[name]?.has(.resident) == true)
        #expect(table.entries[name]?.source(of: id) == .server)
        #expect(table.entries[name]?.source(of: other.keyID) == .resident)
        table.add([id: Self.known(Self.server, .until(20))], of: name, from: .resident)
        #expect(table.entries[name]?.source(of: id) == .resident, "for that long it is the resident's word")
        table.add([id: Self.known(Self.server, .until(30))], of: name, from: .server)
        #expect(table.entries[name]?.source(of: id) == .server)
    }
}
