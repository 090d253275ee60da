internal import Matrix

extension Request {
    /// Its URL, as it is shown.
    var url: String { "https://\(host)\(port == 443 ? "" : ":\(port)")\(target)" }

    /// The request that a redirect leads to, or nil where the response is to be taken as it is.
    ///
    /// Authorization stays behind, and so does `connectTo`, unless host and port are the same.
    func redirected(by response: Response) throws(TransportError) -> Request? {
        guard redirects > 0 || isFollowing, method == .get, [301, 302, 303, 307, 308].contains(response.status),
            let location = response.header("Location")
        else { return nil }
        func failure(_ words: String) -> TransportError {
            TransportError(kind: .protocolFault, description: words, exchange: response.exchange)
        }
        guard redirects > 0 else { throw failure("the server redirects too often") }
        guard let place = RedirectPlace(location.string, from: self) else {
            throw failure("the server redirects to something other than an https URL")
        }
        var next = self
        next.redirects -= 1
        next.isFollowing = true
        next.target = place.target
        next.headers.removeAll { $0.name.string.lowercased() == "authorization" }
        if place.host != host || place.port != port {
            next.connectTo = nil
            // Another port of the same host is no other place to be led to.
            if place.host != host { next.policy = policy.led(by: "a redirect of \(host)") }
            next.host = place.host
            next.port = place.port
            next.hostHeader = place.port == 443 ? place.host : "\(place.host):\(place.port)"
        }
        return next
    }
}

/// Where a `Location` leads, seen from a request: RFC 3986, section 5.2, without taking out dot segments.
private struct RedirectPlace {
    var host: String
    var port: Int
    var target: String

    init?(_ location: String, from request: Request) {
        host = request.host
        port = request.port
        // Its fragment is not for servers.
        var rest = location.prefix { $0 != "#" }
        if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains(where: { "/?".contains($0) }) {
            guard rest[..<colon].lowercased() == "https" else { return nil }
            rest = rest[rest.index(after: colon)...]
            guard rest.hasPrefix("//") else { return nil }
        }
        target = request.target
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
            guard take(authority: rest[..<end]) else { return nil }
            rest = rest[end...]
            target = "/"
        }
        merge(rest)
    }

    private mutating func take(authority: Substring) -> Bool {
        port = 443
        let end =
            authority.hasPrefix("[")
            ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
        host = String(authority[..<(end ?? authority.endIndex)])
        guard let end, end < authority.endIndex else { return !host.isEmpty && !host.contains("@") }
        let digits = authority[end...].dropFirst()
        guard authority[end] == ":", digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isDigit) else { return false }
        port = digits.isEmpty ? 443 : Int(digits) ?? 0
        return !host.contains("@")
    }

    private mutating func merge(_ reference: Substring) {
        let path = target.prefix { $0 != "?" }
        if reference.isEmpty { return }
        if reference.hasPrefix("/") {
            target = String(reference)
        } else if reference.hasPrefix("?") {
            target = String(path + reference)
        } else {
            target = (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/") + reference
        }
    }
}
