package import Matrix

/// `https://host/.well-known/matrix/server`: whom a server name delegates to.
package struct WellKnown: Sendable {
    package enum Outcome: Sendable, Hashable {
        case delegated(ServerName, CacheTime)
        /// No answer, or that there is no such file, and why; discovery then goes on (rule 3, "skip to step 4").
        case none(String)
        /// A file that is of no use, and why: it counts as none, and is not what whoever put it there meant.
        case unusable(String)
    }

    /// What is read of an answer at most, in bytes.
    package static let limit = 51_200
    /// Hops followed, https only.
    package static let redirects = 5

    /// Asks `host`, always at port 443.
    static func look(
        up host: ServerName, _ transport: some Transport, verifiesPeer: Bool, policy: AddressPolicy
    ) async -> Outcome {
        var request = Request(.get, "/.well-known/matrix/server", host: host.urlHost, port: 443)
        request.limits.bodyBytes = limit
        request.limits.total = .seconds(10)
        request.redirects = redirects
        request.verifiesPeer = verifiesPeer
        request.policy = policy
        do {
            return read(try await transport.send(request))
        } catch {
            return isOfNoUse(error.kind) ? .unusable(error.description) : .none(error.description)
        }
    }

    /// Whether something is there that a joining server will not take: a redirect that it must not follow, a file that is
    /// too long, a certificate that is not right. That nobody answers at port 443 is no fault of a file.
    private static func isOfNoUse(_ kind: TransportError.Kind) -> Bool {
        [.tls, .protocolFault, .tooLarge, .blocked].contains(kind)
    }

    package static func read(_ response: Response) -> Outcome {
        guard response.status == 200 else {
            let reason = "status \(response.status)"
            return [404, 410].contains(response.status) ? .none(reason) : .unusable(reason)
        }
        let document: JSON
        do { document = try JSON(parsing: response.body.bytes) } catch {
            let type = response.header("Content-Type").map { " (\($0))" } ?? ""
            return .unusable("not JSON\(type): \(error)")
        }
        guard document.object != nil else { return .unusable("not a JSON object") }
        guard let value = document["m.server"] else { return .unusable("no m.server in it") }
        guard let text = value.text else { return .unusable("m.server is not a string") }
        guard let name = ServerName(text) else {
            return .unusable("m.server is \(Quoting.quoted(text)), which is not a server name: \(flaw(of: text))")
        }
        return .delegated(name, CacheTime(response))
    }

    /// What keeps `text` from being `host[:port]`.
    private static func flaw(of text: Text) -> String {
        let string = text.string
        let parts = string.split(separator: ":", omittingEmptySubsequences: false)
        if string.isEmpty { return "it is empty" }
        if string.contains("://") { return "it is a URL, and a scheme has no place in it" }
        if string.contains(where: \.isWhitespace) { return "it has white space in it" }
        if string.contains("/") { return "it has a path" }
        if parts.count > 2, !string.contains("[") { return "an IPv6 address stands in brackets" }
        if parts.count == 2, let port = parts.last, ServerName(Text(String(parts[0]))) != nil {
            return port.isEmpty ? "its port is missing" : "its port is not a number from 1 to 65535"
        }
        return "it has other characters than a host and a port"
    }
}

/// How long a well-known answer may be kept (rule 3): as its headers say, 24 hours where they say nothing, at most 48.
package struct CacheTime: Sendable, Hashable {
    package let seconds: Int
    /// Where it comes from: `Cache-Control`, `Expires` or `default`, and `, clamped`.
    package let source: String

    package init(seconds: Int, source: String) {
        self.seconds = seconds
        self.source = source
    }

    private static let standard = 24 * 3600
    private static let most = 48 * 3600

    package init(_ response: Response) {
        let directives = (response.header("Cache-Control")?.string.lowercased() ?? "").split { ", ".contains($0) }
        let age = directives.first { $0.hasPrefix("max-age=") }.flatMap { Int($0.dropFirst("max-age=".count)) }
        if directives.contains("no-store") || directives.contains("no-cache") {
            (seconds, source) = (0, "Cache-Control")
        } else if let age {
            (seconds, source) = Self.clamped(age, "Cache-Control")
        } else if let expires = response.header("Expires").flatMap({ HTTPDate.milliseconds($0) }) {
            let now = response.header("Date").flatMap { HTTPDate.milliseconds($0) } ?? WallClock.now()
            (seconds, source) = Self.clamped((expires - now) / 1000, "Expires")
        } else {
            (seconds, source) = (Self.standard, "default")
        }
    }

    private static func clamped(_ seconds: Int, _ source: String) -> (Int, String) {
        let kept = min(max(seconds, 0), most)
        return (kept, kept == seconds ? source : "\(source), clamped")
    }
}
