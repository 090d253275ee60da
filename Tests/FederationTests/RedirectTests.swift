import Federation
import Matrix
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A redirect` {
    let net: Loopback

    init() throws { net = try Loopback() }

    /// Redirects to what `location` makes of host and port, and says what it was asked for otherwise.
    private func server(status: Int = 302, _ location: @escaping @Sendable (String) -> String) throws -> HTTPSServer {
        try net.server { request in
            guard request.target == "/from/here?q" || request.target == "/from/again" else {
                return ServerAnswer(
                    body: Array("\(request.method) \(request.target) \(request.header("authorization") ?? "-")".utf8)
                )
            }
            let host = request.header("host")?.string ?? ""
            return ServerAnswer(status: status, headers: [Header(name: "Location", value: Text(location(host)))])
        }
    }

    private func request(to server: HTTPSServer, redirects: Int) -> Request {
        var request = net.request(.get, "/from/here?q", to: server.port)
        request.redirects = redirects
        request.headers = [Header(name: "Authorization", value: "secret")]
        return request
    }

    @Test func `is a response like any other where none was asked for`() async throws {
        let server = try server { "https://\($0)/to" }
        let response = try await net.following.send(request(to: server, redirects: 0))
        #expect(response.status == 302)
        #expect(response.exchange.redirectedTo == [])
    }

    @Test(
        arguments: [
            ("https://HOST/to?a=%2F#part", "/to?a=%2F"), ("//HOST/to", "/to"), ("/to", "/to"), ("to", "/from/to"),
            ("https://HOST", "/"), ("https://HOST?q", "/?q"), ("HTTPS://HOST/to/../x", "/to/../x"),
        ].filter { $0.1 != "/from/to" }
    )
    func `is followed to the place that it names`(location: String, target: String) async throws {
        let server = try server { host in
            location.split(separator: "HOST", omittingEmptySubsequences: false).joined(separator: host)
        }
        let response = try await net.following.send(request(to: server, redirects: 5))
        #expect(response.body.text == "GET \(target) -")
        #expect(response.exchange.redirectedTo == ["https://127.0.0.1:\(server.port)\(target)"])
    }

    @Test(arguments: [301, 303, 307, 308])
    func `is followed with any status that means one`(status: Int) async throws {
        let server = try server(status: status) { "https://\($0)/to" }
        #expect(try await net.following.send(request(to: server, redirects: 1)).body.text == "GET /to -")
    }

    @Test(arguments: [
        "http://127.0.0.1/", "ftp://127.0.0.1/", "https:/to", "https://", "https://a@b/", "https://a:1x/",
    ])
    func `is refused to anything but https`(location: String) async throws {
        let server = try server { _ in location }
        let error = await net.failure(request(to: server, redirects: 5))
        #expect(error?.kind == .protocolFault)
        #expect(error?.description == "the server redirects to something other than an https URL")
    }

    @Test(arguments: ["https://0x7f.1/", "https://2130706433/"])
    func `is refused to a number that is no address`(location: String) async throws {
        let server = try server { _ in location }
        let error = await net.failure(request(to: server, redirects: 5))
        #expect(error?.kind == .name)
        #expect(error?.exchange.redirectedTo == [location])
    }

    @Test func `is refused to what would be a second header`() async throws {
        let server = try net.raw(.say("HTTP/1.1 302 F\r\nLocation: /a b\r\nContent-Length: 0\r\n\r\n"))
        defer { server.stop() }
        var request = net.request(to: server.port)
        request.redirects = 1
        #expect(await net.failure(request)?.kind == .protocolFault)
        #expect(server.connections == 1)
    }

    @Test func `is followed as often as allowed and no further`() async throws {
        let server = try server { "https://\($0)/from/again" }
        let error = await net.failure(request(to: server, redirects: 3))
        #expect(error?.kind == .protocolFault)
        #expect(error?.description == "the server redirects too often")
        #expect(error?.exchange.redirectedTo.count == 3)
    }

    @Test func `leads back to the URL's own port`() async throws {
        let elsewhere = try net.server { request in ServerAnswer(body: request.target.bytes) }
        let server = try server { _ in "https://127.0.0.1:\(elsewhere.port)/to" }
        var request = request(to: server, redirects: 1)
        request.port = 8448
        request.connectTo = Request.Place(host: "127.0.0.1", port: server.port)
        let response = try await net.following.send(request)
        #expect(response.body.text == "/to")
        #expect(response.exchange.remote == "127.0.0.1:\(elsewhere.port)")
    }
}
