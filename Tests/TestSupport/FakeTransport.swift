package import Federation
package import Matrix

/// A transport that answers out of a closure, and remembers what it was asked.
package final class FakeTransport: Transport {
    package typealias Answering = @Sendable (Request) throws(TransportError) -> Response

    private let answering: Answering
    private let seen = Locked<[Request]>([])

    package init(_ answering: @escaping Answering) { self.answering = answering }

    /// What was asked, in the order that it came.
    package var requests: [Request] { seen.withLock { $0 } }

    package func send(_ request: Request) async throws(TransportError) -> Response {
        seen.withLock { $0.append(request) }
        return try answering(request)
    }
}

extension FakeTransport {
    /// Method and path of each request, without the query.
    package var asked: [String] {
        requests.map { "\($0.method.rawValue) \($0.path)" }
    }

    /// The last of the path's parts of each PUT, which is an event's id.
    package var puts: [Request] { requests.filter { $0.method == .put } }
}

extension Request {
    /// The path as it went out, without the query.
    package var path: String { target.prefix { $0 != "?" }.description }
    package var query: String? { target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) }

    /// The X-Matrix header, where there is one that can be read.
    package var authorization: XMatrix? { headers.first(named: "Authorization").flatMap { XMatrix(parsing: $0) } }

    package var json: JSON? { body.flatMap { try? JSON(parsing: $0) } }
}

extension Response {
    package static func json(_ value: JSON, status: Int = 200) -> Response {
        Response(
            status: status, headers: [Header(name: "Content-Type", value: "application/json")],
            body: Blob(value.compact))
    }

    package static func text(_ text: String, status: Int = 200, type: Text = "text/html") -> Response {
        Response(
            status: status, headers: [Header(name: "Content-Type", value: type)], body: Blob(Array(text.utf8)))
    }

    package static func error(_ status: Int, _ errcode: Text, _ message: Text = "said by a test") -> Response {
        .json(["errcode": .string(errcode), "error": .string(message)], status: status)
    }
}

extension TransportError {
    /// `bytesSent` says whether the server may have acted on the request.
    package static func fake(_ kind: Kind, bytesSent: Bool = false) -> TransportError {
        var exchange = Exchange()
        exchange.bytesSent = bytesSent
        return TransportError(kind: kind, description: "a test's \(kind.rawValue) fault", exchange: exchange)
    }
}

extension HostResolver {
    /// Addresses out of a table; a name that is not in it has none.
    package static func table(_ names: [Text: [Text]]) -> HostResolver {
        HostResolver { name in
            names[name].map { .success($0) } ?? .failure(NameError(description: "name or service not known"))
        }
    }

    /// The same address for every name.
    package static let anywhere = HostResolver { _ in .success(["192.0.2.1"]) }
}
