import Federation
import Matrix
import TestSupport
import Testing

@Suite struct RemoteTests {
    private static let us = FakeServer("joiner.example")
    private static let them = FakeServer("resident.example")

    /// The server's own name is not the one that it delegates to.
    private static let destination = Destination(
        server: them.name, rule: "3.2", name: ServerName("matrix.example:443")!,
        targets: [Request.Place(host: "192.0.2.1", port: 444)])

    private func remote(_ transport: FakeTransport, verifiesPeer: Bool = true) -> Remote {
        Remote(Self.destination, identity: Self.us.identity, transport: transport, verifiesPeer: verifiesPeer)
    }

    private func error(_ response: Response) async -> RemoteError? {
        do throws(RemoteError) {
            _ = try await remote(FakeTransport { _ in response }).json(.get, RequestTarget("/a"), limits: Limits())
            return nil
        } catch {
            return error
        }
    }

    /// What a receiver would take for signed.
    private func signable(_ request: Request, destination: ServerName = them.name) -> SignableRequest {
        SignableRequest(
            method: Text(request.method.rawValue), uri: Text(request.target), origin: Self.us.name,
            destination: destination, content: request.json)
    }

    static let targets: [(Request.Method, RequestTarget, JSON.Object?)] = [
        (.get, RequestTarget("/a"), nil),
        (.get, RequestTarget("/a", ["!room:b", "$x/y+z"], query: [("ver", "1"), ("ver", "ö")]), nil),
        (.put, RequestTarget("/a", ["é"]), ["b": ["c": 1, "a": [true, "é"]]]),
        (.put, RequestTarget("/a"), [:]),
    ]

    @Test(arguments: targets)
    func `what is signed is exactly what is sent`(
        method: Request.Method, target: RequestTarget, body: JSON.Object?
    ) async throws {
        let transport = FakeTransport { _ in .json([:]) }
        _ = try await remote(transport).send(method, target, body: body, limits: Limits())
        let request = try #require(transport.requests.first)
        #expect(request.target == target.string)
        #expect(request.json?.object == body)
        let header = try #require(request.authorization)
        #expect(header.origin == "joiner.example")
        #expect(header.destination == "resident.example")
        #expect(header.key == Self.us.keyID.text)
        #expect(header.isValid(for: signable(request), key: Self.us.publicKey))
        let delegate = try #require(ServerName("matrix.example:443"))
        #expect(!header.isValid(for: signable(request, destination: delegate), key: Self.us.publicKey))
        #expect(!header.isValid(for: signable(request), key: Self.them.publicKey))
    }

    @Test func `without a body there is neither content nor its type`() async throws {
        let transport = FakeTransport { _ in .json([:]) }
        _ = try await remote(transport).send(.get, RequestTarget("/a"), limits: Limits())
        let request = try #require(transport.requests.first)
        #expect(request.body == nil)
        #expect(request.headers.map(\.name) == ["Authorization"])
    }

    @Test func `with a body there are both`() async throws {
        let transport = FakeTransport { _ in .json([:]) }
        _ = try await remote(transport).send(.put, RequestTarget("/a"), body: [:], limits: Limits())
        let request = try #require(transport.requests.first)
        #expect(request.body == Array("{}".utf8))
        #expect(request.headers.map(\.name) == ["Authorization", "Content-Type"])
    }

    @Test(arguments: [true, false])
    func `it goes where discovery led`(verifiesPeer: Bool) async throws {
        let transport = FakeTransport { _ in .json([:]) }
        _ = try await remote(transport, verifiesPeer: verifiesPeer).send(
            .get, RequestTarget("/a"), limits: Limits(bodyBytes: 7))
        let request = try #require(transport.requests.first)
        #expect((request.host, request.port) == ("matrix.example", 443))
        #expect(request.hostHeader == "matrix.example:443")
        #expect(request.connectTo == Request.Place(host: "192.0.2.1", port: 444))
        #expect(request.verifiesPeer == verifiesPeer)
        #expect(request.limits.bodyBytes == 7)
        #expect(request.redirects == 0)
    }

    @Test func `an open request is not signed`() async throws {
        let transport = FakeTransport { _ in .json(["a": 1]) }
        #expect(try await remote(transport).open(RequestTarget("/a")) == ["a": 1])
        #expect(transport.requests.first?.headers == [])
    }

    @Test(arguments: [300, 301, 302, 303, 307, 308, 399])
    func `a redirect is never followed`(status: Int) async {
        guard case .malformed(let words) = await error(.text("", status: status)) else {
            Issue.record("\(status) was something else")
            return
        }
        #expect(words.contains("redirects"))
    }

    @Test func `a web server's page is no homeserver's answer`() async {
        guard case .refused(let answer) = await error(.text("<h1>404</h1>", status: 404)) else {
            Issue.record("not refused")
            return
        }
        #expect(answer.status == 404)
        #expect(!answer.isJSON)
        #expect(!answer.isEmpty)
        #expect(answer.errcode == nil)
        #expect(answer.contentType == "text/html")
    }

    @Test func `an errcode and its words are read as they came`() async {
        guard case .refused(let answer) = await error(.error(403, "M_FORBIDDEN", "no\u{202E}!")) else {
            Issue.record("not refused")
            return
        }
        #expect(answer.isJSON)
        #expect((answer.errcode, answer.message) == ("M_FORBIDDEN", "no\u{202E}!"))
    }

    static let errorsWithout: [String] = [
        #"{"errcode": 1}"#, #"{"errcode": null}"#, #"["M_FORBIDDEN"]"#, #"{"errcode": "A", "errcode": "B"}"#, "{}",
    ]

    @Test(arguments: errorsWithout)
    func `what is no errcode is none`(body: String) async {
        guard case .refused(let answer) = await error(.text(body, status: 400)) else {
            Issue.record("not refused")
            return
        }
        #expect(answer.errcode == nil)
    }

    @Test(arguments: [
        "", "<h1>", "{", #"{"a": 1, "a": 2}"#, #"{"a": "\ud800"}"#, "{} {}", "{\"a\": 1,}", "\u{FEFF}{}",
    ])
    func `a 200 that is not strict JSON is malformed`(body: String) async {
        guard case .malformed(let words) = await error(.text(body)) else {
            Issue.record("\(body) was taken")
            return
        }
        #expect(words.hasPrefix("the body is not JSON (text/html): "))
    }

    @Test(arguments: [200, 201, 299]) func `any 2xx is an answer`(status: Int) async {
        #expect(await error(.json([:], status: status)) == nil)
    }

    @Test func `a fault of the transport is passed on`() async {
        let transport = FakeTransport { _ throws(TransportError) in throw .fake(.tls) }
        do throws(RemoteError) {
            _ = try await remote(transport).send(.get, RequestTarget("/a"), limits: Limits())
            Issue.record("it went through")
        } catch {
            if case .transport(let fault) = error { #expect(fault.kind == .tls) } else { Issue.record("\(error)") }
        }
    }

    @Test func `a body without canonical form is not sent`() async {
        let transport = FakeTransport { _ in .json([:]) }
        await #expect(throws: RemoteError.self) {
            try await remote(transport).send(
                .put, RequestTarget("/a"), body: ["a": .number("1.5")], limits: Limits())
        }
        #expect(transport.requests.isEmpty)
    }
}
