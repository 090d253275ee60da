package import Matrix

/// Who we are to other servers: a name, and the key that speaks for it.
package struct Identity: Sendable {
    package let server: ServerName
    package let key: SigningKey

    package init(server: ServerName, key: SigningKey) {
        self.server = server
        self.key = key
    }
}

/// An answer that refuses, in the remote's own words.
package struct ErrorAnswer: Sendable, Hashable {
    package let status: Int
    package let errcode: Text?
    package let message: Text?
    /// Whether the body was empty, as of servers that know nothing of an endpoint.
    package let isEmpty: Bool
    /// Whether the body was JSON at all: a web server's HTML page speaks for no homeserver.
    package let isJSON: Bool
    package let contentType: Text?
    package let body: JSON?
    /// How long to wait before asking again, in milliseconds, where the answer says so.
    package let retryAfter: Int?

    /// An answer of which no more is known than what it said.
    package init(status: Int, errcode: Text?, message: Text?) {
        self.init(
            status: status, errcode: errcode, message: message, isEmpty: message == nil && errcode == nil,
            isJSON: errcode != nil, contentType: nil, body: nil, retryAfter: nil)
    }

    private init(
        status: Int, errcode: Text?, message: Text?, isEmpty: Bool, isJSON: Bool, contentType: Text?, body: JSON?,
        retryAfter: Int?
    ) {
        self.status = status
        self.errcode = errcode
        self.message = message
        self.isEmpty = isEmpty
        self.isJSON = isJSON
        self.contentType = contentType
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// Why a request brought no result.
package enum RemoteError: Error, Sendable {
    case transport(TransportError)
    case refused(ErrorAnswer)
    /// An answer came, and it is not what the protocol has: what was wrong with it.
    case malformed(String)
}

/// One server as we ask it: signs each request, sends it, reads its errors.
package struct Remote: Sendable {
    package let destination: Destination
    private let identity: Identity
    private let transport: any Transport
    private let verifiesPeer: Bool

    package var server: ServerName { destination.server }

    package init(_ destination: Destination, identity: Identity, transport: any Transport, verifiesPeer: Bool = true) {
        self.destination = destination
        self.identity = identity
        self.transport = transport
        self.verifiesPeer = verifiesPeer
    }

    /// Sends a signed request and returns a 2xx answer whole, its body not yet read.
    package func send(
        _ method: Request.Method, _ target: RequestTarget, body: JSON.Object? = nil, limits: Limits,
        watch: BodyWatch? = nil
    ) async throws(RemoteError) -> Response {
        var request = unsigned(method, target, limits)
        request.watch = watch
        let content = body.map { JSON.object($0) }
        let signable = SignableRequest(
            method: Text(method.rawValue), uri: Text(target.string), origin: identity.server,
            destination: server, content: content)
        do {
            let header = try identity.key.authorization(for: signable)
            request.headers.append(Header(name: "Authorization", value: header.value))
        } catch {
            throw .malformed("the request cannot be signed: \(error)")
        }
        if let content {
            request.headers.append(Header(name: "Content-Type", value: "application/json"))
            request.body = content.compact
        }
        return try await answer(to: request)
    }

    /// The same, its body read as JSON.
    package func json(
        _ method: Request.Method, _ target: RequestTarget, body: JSON.Object? = nil, limits: Limits
    ) async throws(RemoteError) -> JSON {
        try Self.document(try await send(method, target, body: body, limits: limits))
    }

    /// An unsigned GET, for the endpoints that are open to all: keys and the version.
    package func open(_ target: RequestTarget, limits: Limits = Limits()) async throws(RemoteError) -> JSON {
        try Self.document(try await answer(to: unsigned(.get, target, limits)))
    }

    /// An unsigned POST of a JSON object, for the query of keys.
    package func open(
        posting content: JSON.Object, to target: RequestTarget, limits: Limits
    ) async throws(RemoteError) -> JSON {
        var request = unsigned(.post, target, limits)
        request.headers.append(Header(name: "Content-Type", value: "application/json"))
        request.body = JSON.object(content).compact
        return try Self.document(try await answer(to: request))
    }

    private func unsigned(_ method: Request.Method, _ target: RequestTarget, _ limits: Limits) -> Request {
        var request = Request(method, target.string, host: destination.certificateHost, port: destination.port)
        request.hostHeader = destination.hostHeader
        request.policy = destination.policy
        request.limits = limits
        request.verifiesPeer = verifiesPeer
        return request
    }

    private func answer(to request: Request) async throws(RemoteError) -> Response {
        let response: Response
        do { response = try await sendToFirst(request) } catch { throw .transport(error) }
        switch response.status {
        case 200..<300: return response
        case 300..<400:
            throw .malformed("it redirects a signed request (status \(response.status)), which is never followed")
        default: throw .refused(ErrorAnswer(response.withoutSignature(of: request)))
        }
    }

    /// Tries one target of the destination after the other, until one can be connected to.
    private func sendToFirst(_ request: Request) async throws(TransportError) -> Response {
        guard !destination.targets.isEmpty else { return try await transport.send(request) }
        let start = ContinuousClock.now
        var last: TransportError?
        for (i, target) in destination.targets.enumerated() {
            guard let limits = request.limits.left(since: start, ways: destination.targets.count - i) else { break }
            var request = request
            request.limits = limits
            request.connectTo = target
            do { return try await transport.send(request) } catch {
                guard error.isOfAddress || error.kind == .name else { throw error }
                last = error
            }
        }
        throw last ?? TransportError(kind: .name, description: "\(server) has no target to connect to")
    }

    private static func document(_ response: Response) throws(RemoteError) -> JSON {
        do { return try JSON(parsing: response.body.bytes) } catch {
            let type = response.header("Content-Type").map { " (\($0))" } ?? ""
            throw .malformed("the body is not JSON\(type): \(error)")
        }
    }
}

extension ErrorAnswer {
    /// `Retry-After` in seconds, or the older `retry_after_ms` of the body; nothing negative.
    private static func wait(_ response: Response, _ document: JSON?) -> Int? {
        let seconds = response.header("Retry-After").flatMap { Int($0.string) }.flatMap {
            (0...86_400).contains($0) ? $0 * 1000 : nil
        }
        return seconds ?? document?["retry_after_ms"]?.integer.flatMap { (0...86_400_000).contains($0) ? $0 : nil }
    }

    /// Only what has the form of one: a code is shown where there is room for one.
    private static func errcode(_ document: JSON?) -> Text? {
        guard let code = document?["errcode"]?.text, (1...64).contains(code.count) else { return nil }
        let isCode = code.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        return isCode ? code : nil
    }

    package init(_ response: Response) {
        let document = try? JSON(parsing: response.body.bytes)
        self.init(
            status: response.status, errcode: Self.errcode(document), message: document?["error"]?.text,
            isEmpty: response.body.count == 0, isJSON: document != nil,
            contentType: response.header("Content-Type"), body: document,
            retryAfter: Self.wait(response, document))
    }
}
