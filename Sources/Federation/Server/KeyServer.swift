package import Matrix
internal import Synchronization

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
    }

    /// How long the published document says that it is valid.
    private static let validity = 86_400_000

    private let server: HTTPSServer

    /// Where it listens: the port that the system chose where 0 was asked for.
    package var address: String { server.address }
    package var port: Int { server.port }

    /// `notice` hears of every request, on a thread of the server's.
    package init(
        _ identity: Identity, listen: SocketPlace, certificate: TLSIdentity,
        now: @escaping @Sendable () -> Int = WallClock.now, notice: @escaping @Sendable (Visit) -> Void = { _ in }
    ) throws(ServerError) {
        let routes = KeyRoutes(identity, now: now)
        let port = Mutex(0)
        server = try HTTPSServer(listen: listen, identity: certificate) { request in
            let path = request.target.split(at: "?")?.before ?? request.target
            let answer = routes.answer(request, path, port: port.withLock { $0 })
            let origin = request.header("Authorization").flatMap { XMatrix(parsing: $0) }?.origin
            notice(Visit(method: request.method, path: path, peer: request.peer, origin: origin, status: answer.status))
            return answer
        }
        port.withLock { $0 = server.port }
    }

    package func stop() { server.stop() }
}

/// What is answered at each path.
struct KeyRoutes: Sendable {
    private static let validity = 86_400_000
    private let identity: Identity
    private let now: @Sendable () -> Int

    init(_ identity: Identity, now: @escaping @Sendable () -> Int) {
        self.identity = identity
        self.now = now
    }

    func answer(_ request: ServerRequest, _ path: Text, port: Int) -> ServerAnswer {
        let keyPath: Text = "/_matrix/key/v2/server"
        let isKeyPath = path == keyPath || path.hasPrefix(Text(keyPath.string + "/"))
        switch (request.method.string, path.string) {
        case ("GET", _) where isKeyPath: return keys()
        case ("GET", "/.well-known/matrix/server"): return .json(200, ["m.server": .string(delegation(port))])
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

    private func delegation(_ port: Int) -> Text {
        identity.server.port == nil ? Text("\(identity.server.urlHost):\(port)") : identity.server.text
    }
}

extension ServerAnswer {
    package static func json(_ status: Int, _ body: JSON) -> ServerAnswer {
        ServerAnswer(status: status, headers: [], body: body.compact)
    }
}
