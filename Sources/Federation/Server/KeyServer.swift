package import Matrix

/// Our half of federation: the documents that publish our key, and who asked for them.
package final class KeyServer: Sendable {
    /// One request that came in.
    package struct Visit: Sendable, Hashable {
        package let method: Text
        package let path: Text
        package let peer: String
        /// The server that says it asks, by its X-Matrix header, which nobody has checked.
        package let origin: Text?
        package let status: Int

        package init(method: Text, path: Text, peer: String, origin: Text?, status: Int) {
            self.method = method
            self.path = path
            self.peer = peer
            self.origin = origin
            self.status = status
        }
    }

    /// What is answered before the documents, for a target without its query; nil leaves it to them.
    package typealias Extra = @Sendable (_ request: ServerRequest, _ path: Text) -> ServerAnswer?

    package let identity: Identity
    private let server: HTTPSServer

    /// Where it listens: the port that the system chose where 0 was asked for.
    package var address: String { server.address }
    package var port: Int { server.port }

    /// `notice` hears of every request, on a thread of the server's.
    package convenience init(
        _ identity: Identity, listen: SocketPlace, certificate: TLSIdentity,
        now: @escaping @Sendable () -> Int = WallClock.now, limits: HTTPSServer.Limits = HTTPSServer.Limits(),
        also more: Extra? = nil, notice: @escaping @Sendable (Visit) -> Void = { _ in }
    ) throws(ServerError) {
        try self.init(listen: listen, certificate: certificate, now: now, limits: limits, also: more, notice: notice) {
            _ in identity
        }
    }

    /// The same for a name that has the port in it, which is known only once the server listens.
    package init(
        listen: SocketPlace, certificate: TLSIdentity, now: @escaping @Sendable () -> Int = WallClock.now,
        limits: HTTPSServer.Limits = HTTPSServer.Limits(), also more: Extra? = nil,
        notice: @escaping @Sendable (Visit) -> Void, identity: (_ port: Int) -> Identity
    ) throws(ServerError) {
        let late = LateRoutes()
        server = try HTTPSServer(listen: listen, identity: certificate, limits: limits) { request in
            let path = request.target.split(at: "?")?.before ?? request.target
            let answer =
                more?(request, path) ?? late.routes?.answer(request, path)
                ?? .json(503, ["errcode": "M_UNKNOWN", "error": "not ready"])
            notice(Visit(request, answered: answer.status))
            return answer
        }
        self.identity = identity(server.port)
        late.routes = KeyRoutes(self.identity, port: server.port, now: now)
    }

    /// What is answered, set once the port is known.
    private final class LateRoutes: Sendable {
        private let value = Locked<KeyRoutes?>(nil)
        var routes: KeyRoutes? {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    package func stop() { server.stop() }
}

/// What is answered at each path.
struct KeyRoutes: Sendable {
    /// How long the published document says that it is valid, in milliseconds.
    private static let validity = 86_400_000
    private let identity: Identity
    private let port: Int
    private let now: @Sendable () -> Int

    init(_ identity: Identity, port: Int, now: @escaping @Sendable () -> Int) {
        self.identity = identity
        self.port = port
        self.now = now
    }

    func answer(_ request: ServerRequest, _ path: Text) -> ServerAnswer {
        let keyPath: Text = "/_matrix/key/v2/server"
        let isKeyPath = path == keyPath || path.hasPrefix(Text(keyPath.string + "/"))
        switch (request.method.string, path.string) {
        case ("GET", _) where isKeyPath: return keys()
        case ("GET", "/.well-known/matrix/server"): return .json(200, ["m.server": .string(delegation)])
        case ("GET", "/_matrix/federation/v1/version"):
            return .json(200, ["server": ["name": "fedjoin", "version": .string(Text(Tool.version))]])
        case ("PUT", _) where path.hasPrefix("/_matrix/federation/v1/send/"): return .json(200, ["pdus": [:]])
        default:
            return .json(404, ["errcode": "M_UNRECOGNIZED", "error": "fedjoin answers only what a join needs"])
        }
    }

    private func keys() -> ServerAnswer {
        guard
            let document = try? OwnKeyDocument(
                server: identity.server, key: identity.key, validUntil: now() + Self.validity)
        else { return .json(500, ["errcode": "M_UNKNOWN", "error": "the clock is out of range"]) }
        return ServerAnswer(status: 200, headers: [], body: document.bytes)
    }

    private var delegation: Text {
        identity.server.port == nil ? Text("\(identity.server.urlHost):\(port)") : identity.server.text
    }
}

extension ServerAnswer {
    package static func json(_ status: Int, _ body: JSON) -> ServerAnswer {
        ServerAnswer(status: status, headers: [], body: body.compact)
    }
}

extension KeyServer.Visit {
    /// What is longer is no path of the interface.
    private static let longestPath = 1024

    package init(_ request: ServerRequest, answered status: Int) {
        method = request.method
        let path = request.target.split(at: "?")?.before ?? request.target
        self.path = Text(String(decoding: path.bytes.prefix(Self.longestPath), as: UTF8.self))
        peer = request.peer
        origin = request.header("Authorization").flatMap { XMatrix(parsing: $0) }?.origin
        self.status = status
    }
}
