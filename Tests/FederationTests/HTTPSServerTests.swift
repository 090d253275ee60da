import Federation
import Matrix
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `An HTTPS server` {
    let net: Loopback

    init() throws { net = try Loopback() }

    @Test func `hands a request over as it was sent`() async throws {
        let seen = Locked<ServerRequest?>(nil)
        let server = try net.server { request in
            seen.withLock { $0 = request }
            return ServerAnswer(status: 201, headers: [Header(name: "X-Answer", value: "1")], body: Array("[]".utf8))
        }
        var request = net.request(.put, "/%21a%3Ab/../%24x?y=%2F&z", to: server.port)
        request.headers = [
            Header(name: "X-Ask", value: "a b"), Header(name: "Content-Type", value: "application/json"),
        ]
        request.body = Array("{\"a\":1}".utf8)
        let response = try await net.transport.send(request)
        let got = try #require(seen.withLock { $0 })
        #expect(got.method == "PUT")
        #expect(got.target == "/%21a%3Ab/../%24x?y=%2F&z")
        #expect(got.header("x-ASK") == "a b")
        #expect(got.header("host") == Text("127.0.0.1:\(server.port)"))
        #expect(got.body == Array("{\"a\":1}".utf8))
        #expect(got.peer.hasPrefix("127.0.0.1:"))
        #expect(response.status == 201)
        #expect(response.header("x-answer") == "1")
        #expect(response.header("content-type") == "application/json")
        #expect(response.header("server") == "fedjoin")
        #expect(response.body.text == "[]")
    }

    @Test func `lets an answer name its own type`() async throws {
        let server = try net.server { _ in
            ServerAnswer(headers: [
                Header(name: "content-type", value: "text/plain"), Header(name: "Server", value: "x"),
            ])
        }
        let response = try await net.transport.send(net.request(to: server.port))
        let types = response.headers.filter { $0.name == "Content-Type" || $0.name == "content-type" }.map(\.value)
        #expect(types == ["text/plain"])
        #expect(response.header("server") == "x")
    }

    @Test func `answers 413 to a body over its limit, and takes one of just that`() async throws {
        let server = try net.server(limits: HTTPSServer.Limits(bodyBytes: 1000)) { request in
            ServerAnswer(body: Array("\(request.body.count)".utf8))
        }
        var request = net.request(.put, to: server.port)
        request.body = [UInt8](repeating: 0, count: 1000)
        #expect(try await net.transport.send(request).body.text == "1000")
        for size in [1001, 15_000, 16_001] {
            request.body = [UInt8](repeating: 0, count: size)
            let response = try await net.transport.send(request)
            #expect(response.status == 413)
            #expect(response.header("connection")?.string.lowercased() == "close")
            #expect(response.body.text == #"{"errcode":"M_TOO_LARGE","error":"The body is longer than 1000 bytes"}"#)
        }
    }

    @Test func `cuts an answer where it is told to`() async throws {
        let server = try net.server { request in
            ServerAnswer(body: [UInt8](repeating: 0x20, count: 100_000), cutAfter: request.target == "/a" ? 50_000 : 0)
        }
        for (target, got) in [("/a", 50_000), ("/b", 0)] {
            var request = net.request(.get, target, to: server.port)
            request.limits.bodyBytes = 100_000
            let error = await net.failure(request)
            #expect(error?.kind == .reset)
            #expect(error?.description == "transfer closed with \(100_000 - got) bytes remaining to read")
        }
    }

    @Test func `serves others while one handler blocks`() async throws {
        let isBlocked = Atomic(true)
        let entered = Atomic(false)
        let server = try net.server { request in
            if request.target == "/slow" {
                entered.store(true, ordering: .releasing)
                while isBlocked.load(ordering: .acquiring) { wait() }
            }
            return ServerAnswer(body: request.target.bytes)
        }
        async let slow = net.transport.send(net.request(.get, "/slow", to: server.port))
        while !entered.load(ordering: .acquiring) { await Task.yield() }
        #expect(try await net.transport.send(net.request(.get, "/fast", to: server.port)).body.text == "/fast")
        isBlocked.store(false, ordering: .releasing)
        #expect(try await slow.body.text == "/slow")
    }

    @Test(arguments: [("::", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1")])
    func `listens on`(address: String, host: String) async throws {
        let server = try net.server(address: address) { request in ServerAnswer(body: Array(request.peer.utf8)) }
        #expect(server.address == address)
        let response = try await net.transport.send(Request(.get, "/", host: host, port: server.port))
        #expect(response.body.text.hasPrefix("\(host):"))
    }

    @Test func `says that a port is taken, and that an address is none`() throws {
        let server = try net.server { _ in ServerAnswer() }
        for (address, port, words) in [
            ("127.0.0.1", server.port, "cannot listen on 127.0.0.1:\(server.port): address already in use"),
            ("192.0.2.1", 8448, "cannot listen on 192.0.2.1:8448: cannot assign requested address"),
            ("localhost", 8448, "localhost is not an IP address with a port"),
            ("::1", 65_536, "::1 is not an IP address with a port"),
        ] {
            let error = #expect(throws: ServerError.self) {
                _ = try HTTPSServer(
                    listen: SocketPlace(address: address, port: port),
                    identity: net.identity()
                ) { _ in ServerAnswer() }
            }
            #expect(error == ServerError(kind: .listen, description: words))
        }
    }

    @Test func `is gone once stopped, however often`() async throws {
        let server = try net.server { _ in ServerAnswer() }
        #expect(try await net.transport.send(net.request(to: server.port)).status == 200)
        server.stop()
        server.stop()
        #expect(await net.failure(net.request(to: server.port))?.kind == .connect)
    }

    @Test(arguments: [
        "", "PUT / HTTP/1.1\r\nHost: a\r\nX: ", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n",
    ])
    func `gives up a client that sends a byte now and then`(start: String) throws {
        let limits = HTTPSServer.Limits(connections: 1, request: .milliseconds(400))
        let server = try net.server(limits: limits) { _ in ServerAnswer() }
        let client = try #require(RawClient(port: server.port))
        #expect(client.write(start))
        var count = 0
        // Far more than fits into its time, at 20 ms each.
        while count < 500, client.write("x") {
            wait()
            count += 1
        }
        #expect(count < 500)
    }

    @Test func `takes no more connections than it may, and then another`() async throws {
        let limits = HTTPSServer.Limits(connections: 1, request: .milliseconds(400))
        let server = try net.server(limits: limits) { _ in ServerAnswer() }
        let client = try #require(RawClient(port: server.port))
        #expect(client.write("GET"))
        #expect(await net.failure(net.request(to: server.port)) != nil)
        for _ in 0..<500 where client.write("x") { wait() }
        #expect(try await net.transport.send(net.request(to: server.port)).status == 200)
    }

    @Test func `lets one client hold half of the connections at most`() async throws {
        let limits = HTTPSServer.Limits(connections: 4, request: .seconds(20))
        let server = try net.server(address: "::", limits: limits) { _ in ServerAnswer() }
        defer { server.stop() }
        var clients: [RawClient] = []
        for _ in 0..<6 {
            guard let client = RawClient(port: server.port), client.write("GET") else { continue }
            clients.append(client)
        }
        #expect(clients.count == 2)
        let request = Request(.get, "/", host: "[::1]", port: server.port)
        #expect(try await net.transport.send(request).status == 200)
    }
}
