import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct KeyRingTests {
    private static let us = FakeServer("joiner.example:1")
    private static let resident = FakeServer("resident.example:1")

    private func ring(_ servers: [ServerName], _ answering: @escaping FakeTransport.Answering) async -> KeyRing {
        let book = JournalBook()
        let network = Network(
            identity: Self.us.identity, transport: FakeTransport(answering), journal: book.journal,
            resolver: .anywhere)
        let destination = Destination(server: Self.resident.name, rule: "2", name: Self.resident.name)
        return await KeyRing.gather(servers, resident: destination, network, book.journal)
    }

    @Test func `our former key is taken from the resident's copy, and our present one from ourselves`() async throws {
        let former = FakeServer(Self.us.name.text, generation: 1)
        let ring = await ring([Self.us.name]) { request throws(TransportError) in
            #expect(request.host == "resident.example")
            return .json(["server_keys": [former.keyDocument]])
        }
        let keys = try #require(ring.entries[Self.us.name]).keys
        #expect(Set(keys.keys) == [Self.us.keyID, former.keyID])
        #expect(keys[Self.us.keyID]?.key == Self.us.publicKey)
        #expect(keys[former.keyID]?.key == former.publicKey)
    }

    @Test func `nobody can give us another key under the id of ours`() async throws {
        var keys = Self.us.keys
        keys["verify_keys"] = .object([Self.us.keyID.text: ["key": .string(Self.resident.publicKey.base64)]])
        let forged = keys
        let ring = await ring([Self.us.name]) { _ throws(TransportError) in
            .json(["server_keys": [.object(Self.resident.signed(forged))]])
        }
        #expect(ring.entries[Self.us.name]?.keys[Self.us.keyID]?.key == Self.us.publicKey)
    }

    @Test func `a server that gives no keys is known by the resident's copy, and by that only`() async throws {
        let gone = FakeServer("gone.example:1")
        let ring = await ring([gone.name, Self.resident.name]) { request throws(TransportError) in
            if request.host == "gone.example" { throw .fake(.connect) }
            guard request.path.hasPrefix("/_matrix/key/v2/query/") else { return .json(Self.resident.keyDocument) }
            return .json(["server_keys": [gone.keyDocument]])
        }
        #expect(ring.entries[gone.name]?.source == .resident)
        #expect(ring.entries[Self.resident.name]?.source == .server)
        #expect(ring.failures.isEmpty)
    }

    @Test func `of very many servers the first hundred are asked`() async throws {
        let servers = (0..<150).map { FakeServer(Text("s\($0).example:1")).name }
        let ring = await ring(servers) { _ throws(TransportError) in throw .fake(.connect) }
        #expect(ring.failures.count == 100)
        #expect(ring.notAsked == Array(servers.dropFirst(100)))
    }
}
