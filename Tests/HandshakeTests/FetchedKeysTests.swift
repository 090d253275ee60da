import Dispatch
import Federation
import Matrix
import Sandbox
import TestSupport
import Testing

/// Whose keys the sandbox fetches.
@Suite struct FetchedKeysTests {
    /// Off the test's own threads, as it blocks the one that asks.
    private func keys(of server: ServerName, _ fetched: FetchedKeys) async -> [KeyID: KnownKey] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: fetched.keys(of: server)) }
        }
    }

    @Test(arguments: ["joiner.example:1", "localhost", "192.0.2.1"])
    func `nothing is sent for a name that may lead beyond loopback`(name: String) async {
        let transport = FakeTransport { _ throws(TransportError) in .json([:]) }
        let found = await keys(of: Make.server(name), FetchedKeys(transport, of: .loopback))
        #expect(found.isEmpty)
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.1:1", "[::1]:1"])
    func `a loopback name's keys are taken without a look at its certificate, and kept for a while`(
        name: String
    ) async {
        let joiner = FakeServer(Text(name))
        let transport = FakeTransport { _ throws(TransportError) in .json(joiner.keyDocument) }
        let fetched = FetchedKeys(transport, of: .loopback)
        for _ in 1...2 {
            #expect(await keys(of: joiner.name, fetched)[joiner.keyID]?.key == joiner.publicKey)
        }
        #expect(transport.requests.count == 1)
        #expect(transport.requests.first?.verifiesPeer == false)
    }

    @Test func `certificates count where everybody's keys are fetched`() async {
        let joiner = FakeServer("127.0.0.1:1")
        let transport = FakeTransport { _ throws(TransportError) in .json(joiner.keyDocument) }
        #expect(await keys(of: joiner.name, FetchedKeys(transport))[joiner.keyID]?.key == joiner.publicKey)
        #expect(transport.requests.first?.verifiesPeer == true)
    }
}
