import Federation
import Matrix
import TestSupport
import Testing

@Suite struct PinTests {
    private let transport = FakeTransport { _ in .text("") }

    private func send(_ change: (inout Routes) -> Void) async throws -> Request? {
        var routes = Routes()
        change(&routes)
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.policy = AddressPolicy(scope: .ledBy("a remote"), allowed: [])
        _ = try await RoutingTransport(transport, resolver: .anywhere, routes: routes).send(request)
        return transport.requests.last
    }

    @Test func `an address that the person gave may be anywhere, whoever led to the name`() async throws {
        let request = try await send {
            $0.pins = [Routes.Pin(host: "A.example", port: 443, address: "127.0.0.1")]
        }
        #expect(request?.connectTo == Request.Place(host: "127.0.0.1", port: 443))
        #expect(request?.policy == .anywhere)
    }

    @Test(arguments: [("b.example", 443), ("a.example", 8448)])
    func `an address of another host or port changes nothing`(host: String, port: Int) async throws {
        let request = try await send { $0.pins = [Routes.Pin(host: host, port: port, address: "127.0.0.1")] }
        #expect(request?.connectTo == Request.Place(host: "192.0.2.1", port: 443))
        #expect(request?.policy.scope == .ledBy("a remote"))
    }
}
