import Federation
import Matrix
import TestSupport
import Testing

@Suite struct ProxyRouteTests {
    @Test(
        arguments: [
            ("a.example", nil, true), ("a.example", "", true), ("a.example", "*", false), ("127.0.0.1", "*", false),
            ("a.example", "a.example", false), ("A.Example", "a.eXample", false), ("a.example.", "a.example", false),
            ("b.a.example", "a.example", false), ("b.a.example", ".a.example", false),
            ("a.example", ".a.example", false),
            ("ba.example", "a.example", true), ("a.example", "b.example, a.example", false),
            ("a.example", "b.example c.example", true), ("a.example", "*,b.example", true), ("a.example", ".", true),
            ("127.0.0.1", "127.0.0.1", false), ("127.0.0.1", "127.0.0.0/8", false), ("127.0.0.1", "10.0.0.0/8", true),
            ("[::1]", "::1", false), ("[::1]", "[::1]", false), ("[fd00::1]", "fd00::/8", false),
            ("[::1]", "127.0.0.1", true),
            ("127.0.0.1", "0.0.1", true),
        ] as [(String, String?, Bool)])
    func `is for a host as NO_PROXY has it`(host: String, exceptions: String?, isCovered: Bool) throws {
        let proxy = try #require(ProxyRoute("http://127.0.0.1:3128", source: "--proxy", exceptions: exceptions))
        #expect(proxy.covers(host) == isCovered)
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:3128", "127.0.0.1:3128"), ("127.0.0.1:3128", "127.0.0.1:3128"),
            ("HTTPS://user:secret@proxy.example/", "proxy.example"), ("socks5h://u:p@ss@[::1]:1080", "[::1]:1080"),
        ])
    func `shows its place and no password`(url: String, place: String) throws {
        #expect(try #require(ProxyRoute(url, source: "", exceptions: nil)).place == place)
    }

    @Test(arguments: ["ftp://proxy.example", "http://", "://x", "h ttp://x", "http://a b", "gopher://x", ""])
    func `is none`(url: String) { #expect(ProxyRoute(url, source: "", exceptions: nil) == nil) }
}

@Suite(.timeLimit(.minutes(5))) struct `A request through a proxy` {
    let net: Loopback

    init() throws { net = try Loopback() }

    private func send(_ request: Request, by url: String, except: String? = nil) async throws -> Response {
        var routes = Routes()
        routes.proxy = ProxyRoute(url, source: "--proxy", exceptions: except)
        let resolver = HostResolver.table(["direct.example": ["127.0.0.1"]])
        return try await RoutingTransport(net.transport, resolver: resolver, routes: routes).send(request)
    }

    private func error(_ request: Request, by url: String) async -> TransportError? {
        await #expect(throws: TransportError.self) { try await send(request, by: url) }
    }

    @Test func `goes through it, its name not looked up here, and shows what the server was sent alone`() async throws {
        let server = RawServer(try net.identity(["a.example"]), [ok("{}")])
        let tunnel = try Tunnel(to: server.port)
        defer {
            server.stop()
            tunnel.stop()
        }
        var request = Request(.get, "/x", host: "a.example", port: 8448)
        request.headers = [Header(name: "Authorization", value: "X-Matrix sig=secret")]
        let response = try await send(request, by: "http://user:password@127.0.0.1:\(tunnel.port)")
        #expect(response.status == 200)
        #expect(response.headers.map(\.name) == ["Content-Length"])
        #expect(response.exchange.sentHead?.string == server.heads.first)
        #expect(response.exchange.sentHead?.hasPrefix("GET /x HTTP/1.1\r\n") == true)
        #expect(tunnel.heads.first?.hasPrefix("CONNECT a.example:8448 HTTP/1.1\r\n") == true)
        #expect(tunnel.heads.joined().contains("secret") == false)
    }

    @Test func `goes past it where the host is left out, by the addresses that we look up`() async throws {
        let server = RawServer(try net.identity(["direct.example"]), [ok("{}")])
        defer { server.stop() }
        let request = Request(.get, "/", host: "direct.example", port: server.port)
        #expect(try await send(request, by: "http://127.0.0.1:1", except: "direct.example").status == 200)
    }

    @Test func `goes to a proxy of our own network wherever a remote led, but to no address there`() async throws {
        let server = RawServer(try net.identity(["a.example"]), [ok("{}")])
        let tunnel = try Tunnel(to: server.port)
        defer {
            server.stop()
            tunnel.stop()
        }
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.policy = AddressPolicy(scope: .ledBy("a remote"), allowed: [])
        #expect(try await send(request, by: tunnel.url).status == 200)
        for host in ["169.254.169.254", "[::1]", "localhost"] {
            request.connectTo = Request.Place(host: host, port: 80)
            #expect(await error(request, by: tunnel.url)?.kind == .blocked)
        }
        #expect(tunnel.heads.count == 1)
    }

    @Test func `says that it is the proxy that does not answer`() async {
        let error = await error(Request(.get, "/", host: "a.example", port: 5), by: "http://user:secret@127.0.0.1:1")
        #expect(error?.kind == .connect)
        #expect(
            error?.description == "the proxy 127.0.0.1:1: failed to connect to 127.0.0.1 port 1: Connection refused")
        #expect(error?.exchange.bytesSent == false)
    }

    @Test(arguments: [403, 407, 502]) func `says what the proxy answered`(status: Int) async {
        let proxy = RawServer(nil, [.say("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")])
        defer { proxy.stop() }
        let error = await error(
            Request(.get, "/", host: "a.example", port: 5), by: "http://127.0.0.1:\(proxy.port)")
        #expect(error?.kind == .reset)
        #expect(error?.description.hasPrefix("the proxy 127.0.0.1:\(proxy.port): ") == true)
        #expect(error?.description.contains("\(status)") == true, "\(error?.description ?? "")")
        #expect(error?.exchange.bytesSent == false)
    }
}
