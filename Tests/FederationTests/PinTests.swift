import Federation
import Foundation
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

/// A name with many addresses, or a record with many targets, cannot make one request longer than it may take.
@Suite struct DeadlineTests {
    private static let addresses = (1...20).map { Text("192.0.2.\($0)") }

    private func request(_ limits: Limits) -> Request {
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.limits = limits
        return request
    }

    private func send(_ limits: Limits, _ transport: FakeTransport) async -> TransportError? {
        let routing = RoutingTransport(transport, resolver: .table(["a.example": Self.addresses]))
        return await #expect(throws: TransportError.self) { try await routing.send(request(limits)) }
    }

    @Test func `a name that takes all of the time to look up is not one without an address`() async {
        let slow = HostResolver { _ in
            try? await ContinuousClock().sleep(for: .milliseconds(20))
            return .success(Self.addresses)
        }
        let transport = FakeTransport { _ in .text("") }
        let routing = RoutingTransport(transport, resolver: slow)
        let error = await #expect(throws: TransportError.self) {
            try await routing.send(request(Limits(total: .milliseconds(1))))
        }
        #expect(error?.kind == .timeout)
        #expect(error?.description.contains("looking up a.example took all") == true)
        #expect(transport.requests.isEmpty)
    }

    @Test func `each address but the last leaves half of the time to those after it, and ten are tried`() async {
        let transport = FakeTransport { _ throws(TransportError) in throw .fake(.connect) }
        #expect(await send(Limits(total: .seconds(10)), transport)?.kind == .connect)
        #expect(transport.requests.count == 10)
        #expect(transport.requests.dropLast().allSatisfy { $0.limits.connect <= .seconds(5) })
        #expect(transport.requests.allSatisfy { $0.limits.total.map { $0 <= .seconds(10) } ?? false })
        #expect((transport.requests.last?.limits.connect ?? .zero) > .seconds(5))
    }

    @Test func `no address is tried once the time is over`() async {
        let transport = FakeTransport { _ throws(TransportError) in
            Thread.sleep(forTimeInterval: 0.06)
            throw .fake(.connect)
        }
        #expect(await send(Limits(total: .milliseconds(100)), transport)?.kind == .connect)
        #expect(transport.requests.count == 2)
    }

    @Test func `the targets of a record share the time, too`() async {
        let transport = FakeTransport { _ throws(TransportError) in
            Thread.sleep(forTimeInterval: 0.06)
            throw .fake(.connect)
        }
        guard let name = ServerName("a.example"), let id = KeyID("ed25519:a"),
            let key = SigningKey(id: id, seed: RandomText.seed())
        else { return }
        let targets = (1...10).map { Request.Place(host: "t\($0).example", port: 1) }
        let remote = Remote(
            Destination(server: name, rule: "4", name: name, targets: targets),
            identity: Identity(server: name, key: key), transport: transport)
        await #expect(throws: RemoteError.self) {
            try await remote.open(RequestTarget("/_matrix/x"), limits: Limits(total: .milliseconds(100)))
        }
        #expect(transport.requests.count == 2)
    }
}
