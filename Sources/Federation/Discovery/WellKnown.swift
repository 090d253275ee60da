package import Matrix

/// `https://host/.well-known/matrix/server`: whom a server name delegates to.
package struct WellKnown: Sendable {
    package enum Outcome: Sendable, Hashable {
        case delegated(ServerName)
        /// No usable answer, and why; discovery then goes on as if there were none (rule 3, last sentence).
        case none(String)
    }

    /// What is read of an answer at most, in bytes.
    static let limit = 51_200
    /// Hops followed, https only.
    static let redirects = 5

    /// Asks `host`, always at port 443.
    static func look(up host: ServerName, _ transport: some Transport, verifiesPeer: Bool) async -> Outcome {
        var request = Request(.get, "/.well-known/matrix/server", host: host.urlHost, port: 443)
        request.limits.bodyBytes = limit
        request.limits.total = .seconds(10)
        request.redirects = redirects
        request.verifiesPeer = verifiesPeer
        do {
            return read(try await transport.send(request))
        } catch {
            return .none(error.description)
        }
    }

    static func read(_ response: Response) -> Outcome {
        guard response.status == 200 else { return .none("status \(response.status)") }
        let document: JSON
        do { document = try JSON(parsing: response.body.bytes) } catch { return .none("not JSON: \(error)") }
        guard let value = document["m.server"] else { return .none("no m.server in it") }
        guard let name = value.text.flatMap({ ServerName($0) }) else { return .none("m.server is not a server name") }
        return .delegated(name)
    }
}
