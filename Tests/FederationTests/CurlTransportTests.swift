import Federation
import Matrix
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A transport` {
    let net: Loopback

    init() throws { net = try Loopback() }

    @Test(arguments: ["/%21a%3Ab/%24x?y=%2F", "/a/../b", "/a/./b//c", "/?", "/a?b?c=[d]", "/%zz%2e%2E/"])
    func `sends a target byte for byte`(target: String) async throws {
        let server = try net.raw(ok("{}"))
        defer { server.stop() }
        let response = try await net.transport.send(net.request(.get, target, to: server.port))
        #expect(response.status == 200)
        #expect(server.heads.first?.hasPrefix("GET \(target) HTTP/1.1\r\n") == true)
        #expect(response.exchange.sentHead?.string == server.heads.first)
    }

    @Test func `sends just the headers that it was told to`() async throws {
        let server = try net.raw(ok("{}"))
        defer { server.stop() }
        var request = net.request(.put, "/x", to: server.port)
        request.hostHeader = "resident.example:8448"
        request.headers = [
            Header(name: "Authorization", value: "X-Matrix a=\"b\""), Header(name: "X-Empty", value: ""),
        ]
        request.body = Array("{\"a\":1}".utf8)
        _ = try await net.transport.send(request)
        let lines = server.heads.first?.split(separator: "\r\n").map(String.init) ?? []
        #expect(
            lines.dropLast(lines.last == "{\"a\":1}" ? 1 : 0) == [
                "PUT /x HTTP/1.1", "Host: resident.example:8448", "User-Agent: test", "Accept: */*",
                "Authorization: X-Matrix a=\"b\"", "X-Empty:", "Content-Length: 7",
            ]
        )
    }

    @Test(arguments: [Request.Method.put, .post])
    func `sends a body whole, also one of two megabytes and one of nothing`(method: Request.Method) async throws {
        let server = try net.server(limits: HTTPSServer.Limits(bodyBytes: 4 << 20)) { request in
            ServerAnswer(body: Array("\(request.method) \(request.body.count) \(request.body.last ?? 0)".utf8))
        }
        for body in [[], [UInt8](repeating: 7, count: 2 << 20)] {
            var request = net.request(method, to: server.port)
            request.body = body
            let response = try await net.transport.send(request)
            #expect(response.body.text == "\(method.rawValue) \(body.count) \(body.last ?? 0)")
            // From one megabyte on, libcurl would ask first whether it may.
            #expect(response.exchange.sentHead?.string.lowercased().contains("expect") == false)
        }
    }

    @Test(arguments: [false, true])
    func `keeps libcurl's own words where they are wanted`(areWanted: Bool) async throws {
        let server = try net.raw(ok("{}"))
        defer { server.stop() }
        var settings = CurlTransport.Settings(caPEM: net.authority.certificatePEM)
        settings.traces = areWanted
        let transport = CurlTransport(settings)
        defer { transport.shutDown() }
        let trace = try await transport.send(net.request(.get, "/x", to: server.port)).exchange.trace
        #expect(trace.isEmpty == !areWanted)
        guard areWanted else { return }
        for line: Text in ["> GET /x HTTP/1.1", "< HTTP/1.1 200 OK", "{ [2 bytes data]"] {
            #expect(trace.contains(line))
        }
        #expect(trace.contains { $0.string.hasPrefix("* Connected to 127.0.0.1") })
    }

    @Test func `tells what it knows of an exchange`() async throws {
        let server = try net.raw(ok("{\"a\":1}"))
        defer { server.stop() }
        let response = try await net.transport.send(net.request(to: server.port))
        let exchange = response.exchange
        #expect(exchange.remote == "127.0.0.1:\(server.port)")
        #expect(exchange.bytesSent)
        #expect(exchange.requestBytes == server.heads.first?.utf8.count)
        #expect(exchange.responseBytes == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}".utf8.count)
        #expect(exchange.timings.tcp != nil && exchange.timings.tls != nil && exchange.timings.wait != nil)
        #expect(response.header("content-length") == "7")
        #expect(response.reason == "OK")
    }

    @Test func `keeps a connection, and the facts of its certificate`() async throws {
        let server = try net.server { _ in ServerAnswer() }
        let first = try await net.transport.send(net.request(to: server.port)).exchange
        let second = try await net.transport.send(net.request(to: server.port)).exchange
        #expect(first.timings.tls != nil && second.timings.tls == nil)
        #expect(first.tls?.verified == true)
        #expect(first.tls == second.tls)
    }

    @Test func `connects elsewhere, and asks for the name that it means`() async throws {
        let server = RawServer(try net.identity(["resident.example"]), [ok("{}")])
        defer { server.stop() }
        var request = Request(.get, "/", host: "resident.example", port: 8448)
        request.connectTo = Request.Place(host: "127.0.0.1", port: server.port)
        let response = try await net.transport.send(request)
        #expect(response.exchange.remote == "127.0.0.1:\(server.port)")
        #expect(server.serverNames == ["resident.example"])
        #expect(server.heads.first?.contains("Host: resident.example:8448\r\n") == true)
    }

    @Test func `asks for no name where it has but an address`() async throws {
        let server = try net.raw(ok("{}"))
        defer { server.stop() }
        _ = try await net.transport.send(net.request(to: server.port))
        #expect(server.serverNames == [nil])
    }

    @Test(arguments: ["[::1]", "::1"])
    func `speaks IPv6`(host: String) async throws {
        let server = RawServer(try net.identity(), address: "::1", [ok("{}")])
        defer { server.stop() }
        let response = try await net.transport.send(Request(.get, "/", host: host, port: server.port))
        #expect(response.exchange.remote == "[::1]:\(server.port)")
        #expect(server.serverNames == [nil])
    }

    @Test func `sends fifty requests at once`() async throws {
        let server = try net.server(limits: HTTPSServer.Limits(connections: 100)) { request in
            ServerAnswer(body: request.target.bytes)
        }
        let texts = try await withThrowingTaskGroup(of: String.self) { [net] group in
            for number in 0..<50 {
                group.addTask {
                    try await net.transport.send(net.request(.get, "/\(number)", to: server.port)).body.text
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(texts == Set((0..<50).map { "/\($0)" }))
    }

    @Test func `fails as cancelled once it is shut down`() async throws {
        let server = try net.raw(.silence)
        defer { server.stop() }
        let (net, request) = (net, net.request(to: server.port))
        let task = Task { await net.failure(request) }
        while server.heads.first?.isEmpty != false { await Task.yield() }
        net.transport.shutDown()
        #expect(await task.value?.kind == .cancelled)
        #expect(await net.failure(request)?.kind == .cancelled)
    }

    @Test(arguments: [true, false])
    func `ends a request whose task is cancelled, and says whether it was sent`(beforehand: Bool) async throws {
        let server = try net.raw(.silence)
        defer { server.stop() }
        let (net, request) = (net, net.request(to: server.port))
        let task = Task {
            if beforehand { withUnsafeCurrentTask { $0?.cancel() } }
            return await net.failure(request)
        }
        if !beforehand {
            while server.heads.first?.isEmpty != false { await Task.yield() }
            task.cancel()
        }
        let error = await task.value
        #expect(error?.kind == .cancelled)
        #expect(error?.exchange.bytesSent == !beforehand)
    }
}
