internal import CMicrohttpd
package import Matrix

/// A request that arrived whole.
package struct ServerRequest: Sendable {
    package let method: Text
    /// Path and query exactly as sent, which is what signatures cover.
    package let target: Text
    package let headers: [Header]
    package let body: [UInt8]
    /// The client's address: `203.0.113.7:50000`, `[::1]:50000`.
    package let peer: String

    package init(method: Text, target: Text, headers: [Header], body: [UInt8], peer: String) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = peer
    }

    /// The first value of the header of this name, in any case.
    package func header(_ name: String) -> Text? { headers.first(named: name) }
}

package struct ServerAnswer: Sendable {
    package var status: Int
    /// `Content-Type: application/json` and `Server: fedjoin` are added where missing.
    package var headers: [Header]
    package var body: [UInt8]
    /// Where set, the connection is closed after so many bytes of the body: a fault to test others with.
    package var cutAfter: Int?

    package init(status: Int = 200, headers: [Header] = [], body: [UInt8] = Array("{}".utf8), cutAfter: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.cutAfter = cutAfter
    }
}

/// An address in numbers, and a port; 0 for any that is free.
package struct SocketPlace: Sendable, Hashable {
    package var address: String
    package var port: Int

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}

/// Why a server could not be started.
package struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case listen, certificate
        /// A file of the certificate cannot be read.
        case cannotOpen
    }
    package let kind: Kind
    package let description: String

    package init(kind: Kind, description: String) {
        self.kind = kind
        self.description = description
    }
}

/// An HTTPS server on libmicrohttpd that answers with what a handler makes of each request.
///
/// The handler is called on a thread of the connection's own, several at once, and may block. It must not call `stop`,
/// which waits for it.
package final class HTTPSServer: Sendable {
    package struct Limits: Sendable, Hashable {
        /// A longer body is answered 413.
        package var bodyBytes = 65_536
        package var connections = 32
        /// How many of those one client may hold, so that it keeps nobody else out.
        package var ofOneAddress: Int { max(1, connections / 2) }
        /// How long a connection may be silent, to the second.
        package var idle: Duration = .seconds(10)
        /// How long a request may take to arrive, TLS included, and again its answer to leave.
        package var request: Duration = .seconds(10)

        package init(
            bodyBytes: Int = 65_536,
            connections: Int = 32,
            idle: Duration = .seconds(10),
            request: Duration = .seconds(10)
        ) {
            self.bodyBytes = bodyBytes
            self.connections = connections
            self.idle = idle
            self.request = request
        }
    }

    /// The address that it listens on, as it was given.
    package let address: String
    package let port: Int
    private let engine: ServerEngine

    // What stops the daemon: taken out by the first who stops it. The daemon may be stopped from any thread.
    private struct Daemon: @unchecked Sendable {
        let pointer: OpaquePointer
    }
    private let daemon: Locked<Daemon?>

    package init(
        listen place: SocketPlace,
        identity: TLSIdentity,
        limits: Limits = Limits(),
        handler: @escaping @Sendable (ServerRequest) -> ServerAnswer
    ) throws(ServerError) {
        let listener = try Listener(place)
        engine = ServerEngine(limits: limits, handler: handler)
        address = place.address
        port = listener.port
        guard let daemon = engine.start(listener.socket, identity) else {
            // The socket may be MHD's already, so it is left open rather than closed twice.
            throw ServerError(kind: .listen, description: "the HTTPS server could not be started")
        }
        self.daemon = Locked(Daemon(pointer: daemon))
    }

    deinit { stop() }

    /// Closes the socket and the connections, and waits for the handlers that still run.
    package func stop() {
        let taken = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        guard let taken else { return }
        engine.close()
        MHD_stop_daemon(taken.pointer)
    }
}
