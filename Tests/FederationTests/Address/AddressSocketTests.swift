import Federation
import Matrix
import TestSupport
import Testing

/// The policy as it is met on the socket: judged on the bytes of the address that libcurl is about to connect to.
@Suite(.timeLimit(.minutes(5))) struct `A connection that a remote led to` {
    let net: Loopback

    init() throws { net = try Loopback() }

    private func request(_ host: String, _ port: Int, allowed: [AddressRange]) -> Request {
        var request = Request(.get, "/", host: "localhost", port: port)
        request.connectTo = Request.Place(host: host, port: port)
        request.policy = AddressPolicy(scope: .ledBy("a redirect of a.example"), allowed: allowed)
        return request
    }

    @Test(arguments: [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")])
    func `goes to an address that the person allowed`(listening: String, host: String) async throws {
        let server = RawServer(try net.identity(), address: listening, [ok("{}")])
        defer { server.stop() }
        let request = request(host, server.port, allowed: AddressRange.loopback)
        #expect(await net.failure(request) == nil)
        #expect(server.connections == 1)
    }

    @Test func `goes to the one IPv6 address that was allowed, and to none that only begins like it`() async throws {
        let server = RawServer(try net.identity(), address: "::1", [ok("{}")])
        defer { server.stop() }
        for (allowed, isOpen) in [("::1", true), ("::2", false), ("::/64", true), ("0:0:0:0:1::/80", false)] {
            let range = try #require(AddressRange(Text(allowed)))
            let error = await net.failure(request("::1", server.port, allowed: [range]))
            #expect((error == nil) == isOpen, "\(allowed): \(error?.description ?? "it went")")
        }
        #expect(server.connections == 2)
    }

    @Test(
        arguments: [
            "127.0.0.1", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1",
            "2002:7f00:1::1", "fe80::1", "fd12:3456:789a:1::2", "2001:db8:1:2:3:4:5:6", "64:ff9b:1::a00:1",
        ])
    func `is not made to one that is not public, and the address is named whole`(host: String) async throws {
        let error = await net.failure(request(host, 9, allowed: []))
        #expect(error?.kind == .blocked)
        let shown = try #require(IPAddress(Text(host))).description
        #expect(error?.description.contains("a redirect of a.example leads to the address \(shown), which") == true)
    }
}
