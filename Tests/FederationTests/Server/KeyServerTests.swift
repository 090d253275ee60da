import Federation
import Matrix
import TestSupport
import Testing

/// Our key server as others meet it: over TLS, on loopback.
@Suite struct KeyServerTests {
    private final class Visits: Sendable {
        private let list = Locked<[KeyServer.Visit]>([])
        var all: [KeyServer.Visit] { list.withLock { $0 } }
        func add(_ visit: KeyServer.Visit) { list.withLock { $0.append(visit) } }
    }

    private let us: FakeServer
    private let loopback: Loopback
    private let server: KeyServer
    private let visits = Visits()
    private static let now = 1_700_000_000_000

    init() throws { try self.init(as: "joiner.example") }

    private init(as name: Text) throws {
        us = FakeServer(name)
        loopback = try Loopback()
        let visits = visits
        server = try KeyServer(
            us.identity, listen: SocketPlace(address: "127.0.0.1", port: 0), certificate: loopback.identity(),
            now: { Self.now }, notice: visits.add)
    }

    private func ask(
        _ target: String, _ method: Request.Method = .get, headers: [Header] = []
    ) async throws -> (status: Int, body: JSON) {
        var request = loopback.request(method, target, to: server.port)
        request.headers = headers
        if method != .get { request.body = Array("{}".utf8) }
        let response = try await loopback.transport.send(request)
        #expect(response.header("Content-Type") == "application/json")
        return (response.status, try JSON(parsing: response.body.bytes))
    }

    @Test(arguments: [
        "/_matrix/key/v2/server", "/_matrix/key/v2/server/", "/_matrix/key/v2/server/ed25519:k0",
        "/_matrix/key/v2/server/ed25519%3Ak0", "/_matrix/key/v2/server?x=y",
    ])
    func `our key document is at its path, with a key id or without`(path: String) async throws {
        defer { server.stop() }
        let (status, body) = try await ask(path)
        #expect(status == 200)
        let keys = try ServerKeys(body, of: us.name)
        #expect(keys.keys == [us.keyID: KnownKey(key: us.publicKey, validity: .until(Self.now + 86_400_000))])
    }

    @Test func `a name without a port is delegated to where we listen`() async throws {
        defer { server.stop() }
        let (status, body) = try await ask("/.well-known/matrix/server")
        #expect(status == 200)
        #expect(body == ["m.server": .string(Text("joiner.example:\(server.port)"))])
    }

    @Test func `a name with a port is delegated to itself`() async throws {
        let named = try KeyServerTests(as: "joiner.example:8448")
        defer { named.server.stop() }
        #expect(try await named.ask("/.well-known/matrix/server").body == ["m.server": "joiner.example:8448"])
        server.stop()
    }

    @Test func `our version says what we are`() async throws {
        defer { server.stop() }
        let (status, body) = try await ask("/_matrix/federation/v1/version")
        #expect(status == 200)
        #expect(body["server"]?["name"] == "fedjoin")
        #expect(body["server"]?["version"]?.text?.isEmpty == false)
    }

    @Test func `transactions are taken and dropped`() async throws {
        defer { server.stop() }
        let (status, body) = try await ask("/_matrix/federation/v1/send/123", .put)
        #expect(status == 200)
        #expect(body == ["pdus": [:]])
    }

    static let unknown: [(Request.Method, String)] = [
        (.get, "/"), (.get, "/_matrix/key/v2/serverx"), (.get, "/_matrix/key/v2/query/a.example"),
        (.post, "/_matrix/key/v2/query"), (.put, "/_matrix/key/v2/server"), (.post, "/_matrix/key/v2/server"),
        (.get, "/_matrix/federation/v1/send/123"), (.get, "/_matrix/federation/v1/make_join/!a:b/@c:d"),
        (.put, "/.well-known/matrix/server"), (.get, "/.well-known/matrix/server/"), (.get, "/_matrix/client/versions"),
    ]

    @Test(arguments: unknown)
    func `nothing else is answered`(method: Request.Method, path: String) async throws {
        defer { server.stop() }
        let (status, body) = try await ask(path, method)
        #expect(status == 404)
        #expect(body["errcode"] == "M_UNRECOGNIZED")
    }

    @Test func `each visit is told of, with who says it was`() async throws {
        defer { server.stop() }
        let header = XMatrix(origin: "asker.example", destination: nil, key: "ed25519:1", signature: "AAAA").value
        _ = try await ask(
            "/_matrix/key/v2/server?x=y", headers: [Header(name: "Authorization", value: header)])
        _ = try await ask("/other", headers: [Header(name: "Authorization", value: "Bearer secret")])
        let seen = visits.all
        #expect(seen.map(\.origin) == ["asker.example", nil])
        #expect(seen.map(\.path) == ["/_matrix/key/v2/server", "/other"])
        #expect(seen.map(\.status) == [200, 404])
        #expect(seen.map(\.method) == ["GET", "GET"])
        #expect(seen.allSatisfy { $0.peer.hasPrefix("127.0.0.1:") })
    }
}
