package import Matrix

/// What a server says no with.
package struct Denial: Error {
    package let status: Int
    package let errcode: Text
    package let words: String
    package var more: JSON.Object
    package var headers: [Header]

    package init(status: Int, errcode: Text, words: String, more: JSON.Object = [:], headers: [Header] = []) {
        self.status = status
        self.errcode = errcode
        self.words = words
        self.more = more
        self.headers = headers
    }

    package var answer: ServerAnswer {
        var body: JSON.Object = ["errcode": .string(errcode), "error": .string(Text(words))]
        for member in more.members { body[member.key] = member.value }
        return ServerAnswer(status: status, headers: headers, body: JSON.object(body).compact)
    }

    package static func unauthorised(_ words: String) -> Denial {
        Denial(status: 401, errcode: "M_UNAUTHORIZED", words: words)
    }
    package static func forbidden(_ words: String) -> Denial {
        Denial(status: 403, errcode: "M_FORBIDDEN", words: words)
    }
    package static func notFound(_ words: String) -> Denial {
        Denial(status: 404, errcode: "M_NOT_FOUND", words: words)
    }
    package static func badJSON(_ words: String) -> Denial { Denial(status: 400, errcode: "M_BAD_JSON", words: words) }
}

/// Where other servers' keys are had from; it may block.
package typealias KeySource = @Sendable (ServerName) -> [KeyID: KnownKey]

/// Checks a request's signature as a homeserver does, over the target as it was on the wire.
package struct RequestCheck: Sendable {
    private let server: ServerName
    private let keys: KeySource

    /// `server` is the one that is asked.
    package init(server: ServerName, keys: @escaping KeySource) {
        self.server = server
        self.keys = keys
    }

    /// What a request says of where it comes from, its signature not yet looked at.
    package struct Claim: Sendable {
        package let origin: ServerName
        package let content: JSON?
        fileprivate let header: XMatrix
        fileprivate let key: KeyID
    }

    /// The origin of `request`, and its body where it has one.
    package func origin(of request: ServerRequest) throws(Denial) -> (ServerName, JSON?) {
        let claim = try claim(of: request)
        try check(claim, of: request)
        return (claim.origin, claim.content)
    }

    package func claim(of request: ServerRequest) throws(Denial) -> Claim {
        guard let value = request.header("Authorization") else { throw .unauthorised("Missing Authorization headers") }
        guard let header = XMatrix(parsing: value), let origin = ServerName(header.origin), let key = KeyID(header.key)
        else {
            throw Denial(status: 400, errcode: "M_UNAUTHORIZED", words: "Malformed Authorization header")
        }
        if let destination = header.destination, destination != server.text {
            throw .unauthorised("Destination mismatch in auth header, received: '\(destination)'")
        }
        return Claim(origin: origin, content: try content(of: request), header: header, key: key)
    }

    /// Asks for the keys of who it claims to be.
    package func check(_ claim: Claim, of request: ServerRequest) throws(Denial) {
        let (origin, key) = (claim.origin, claim.key)
        let signed = SignableRequest(
            method: request.method, uri: request.target, origin: origin, destination: server, content: claim.content)
        guard let known = keys(origin)[key], case .until = known.validity else {
            throw .unauthorised(
                "Failed to find any key to satisfy: _FetchKeyRequest(server_name='\(origin)', "
                    + "minimum_valid_until_ts=\(WallClock.now()), key_ids=['\(key)'])")
        }
        guard claim.header.isValid(for: signed, key: known.key) else {
            throw .unauthorised(
                "Invalid signature for server \(origin) with key \(key): Unable to verify signature for \(origin): "
                    + "<class 'nacl.exceptions.BadSignatureError'> Signature was forged or corrupt")
        }
    }

    private func content(of request: ServerRequest) throws(Denial) -> JSON? {
        if request.body.isEmpty { return nil }
        do { return try JSON(parsing: request.body) } catch {
            throw Denial(status: 400, errcode: "M_NOT_JSON", words: "Content not JSON: \(error)")
        }
    }
}
