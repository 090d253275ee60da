internal import Federation
package import Matrix

/// What a resident says no with.
struct Denial: Error {
    let status: Int
    let errcode: Text
    let words: String
    var more: JSON.Object = [:]
    var headers: [Header] = []

    var answer: ServerAnswer {
        var body: JSON.Object = ["errcode": .string(errcode), "error": .string(Text(words))]
        for member in more.members { body[member.key] = member.value }
        return ServerAnswer(status: status, headers: headers, body: JSON.object(body).compact)
    }

    static func unauthorised(_ words: String) -> Denial { Denial(status: 401, errcode: "M_UNAUTHORIZED", words: words) }
    static func forbidden(_ words: String) -> Denial { Denial(status: 403, errcode: "M_FORBIDDEN", words: words) }
    static func notFound(_ words: String) -> Denial { Denial(status: 404, errcode: "M_NOT_FOUND", words: words) }
    static func badJSON(_ words: String) -> Denial { Denial(status: 400, errcode: "M_BAD_JSON", words: words) }
}

/// Where the sandbox has other servers' keys from.
package typealias KeySource = @Sendable (ServerName) -> [KeyID: KnownKey]

/// Checks a request's signature as a homeserver does, over the target as it was on the wire.
struct RequestCheck: Sendable {
    let server: ServerName
    let keys: KeySource

    /// The origin of `request`, and its body where it has one.
    func origin(of request: ServerRequest) throws(Denial) -> (ServerName, JSON?) {
        guard let value = request.header("Authorization") else { throw .unauthorised("Missing Authorization headers") }
        guard let header = XMatrix(parsing: value), let origin = ServerName(header.origin), let key = KeyID(header.key)
        else {
            throw Denial(status: 400, errcode: "M_UNAUTHORIZED", words: "Malformed Authorization header")
        }
        if let destination = header.destination, destination != server.text {
            throw .unauthorised("Destination mismatch in auth header, received: '\(destination)'")
        }
        let content = try content(of: request)
        let signed = SignableRequest(
            method: request.method, uri: request.target, origin: origin, destination: server, content: content)
        guard let known = keys(origin)[key], case .until = known.validity else {
            throw .unauthorised(
                "Failed to find any key to satisfy: _FetchKeyRequest(server_name='\(origin)', "
                    + "minimum_valid_until_ts=\(WallClock.now()), key_ids=['\(key)'])")
        }
        guard header.isValid(for: signed, key: known.key) else {
            throw .unauthorised(
                "Invalid signature for server \(origin) with key \(key): Unable to verify signature for \(origin): "
                    + "<class 'nacl.exceptions.BadSignatureError'> Signature was forged or corrupt")
        }
        return (origin, content)
    }

    private func content(of request: ServerRequest) throws(Denial) -> JSON? {
        if request.body.isEmpty { return nil }
        do { return try JSON(parsing: request.body) } catch {
            throw Denial(status: 400, errcode: "M_NOT_JSON", words: "Content not JSON: \(error)")
        }
    }
}
