package import Federation
package import Matrix

/// One signed request to one server, found first: what `directory` and `request` are made of.
package struct Ask: Sendable {
    private let server: ServerName
    private let network: Network
    private let journal: Journal

    package init(_ server: ServerName, _ network: Network, _ journal: Journal) {
        self.server = server
        self.network = network
        self.journal = journal
    }

    /// The body of a 2xx answer, which is JSON. `stage` gives the exit codes of a failure.
    package func send(
        _ method: Request.Method, _ target: RequestTarget, body: JSON.Object?, as stage: Stage
    ) async throws(Failure) -> JSON {
        let destination = try await find()
        journal.begin(stage, server: server, "\(method.rawValue) \(target.readable) at \(server)")
        let answer: JSON
        do throws(RemoteError) {
            answer = try await network.remote(destination).json(
                method, target, body: body, limits: network.limits(64 << 20, seconds: 60))
        } catch {
            let remote = network.remote(destination)
            let failure = await Failure(stage, error, at: destination, us: network.identity.server)
                .explained(by: journal, remote, network)
            journal.end(stage, .fail, failure)
            throw failure
        }
        if method != .get { journal.note { $0.sent = true } }
        journal.end(stage, .pass)
        return answer
    }

    private func find() async throws(Failure) -> Destination {
        journal.begin(.discovery, server: server, server.description)
        do throws(Failure) {
            let found = try await Discover([server], network).run(journal)
            journal.end(.discovery, .pass)
            return found
        } catch {
            journal.end(.discovery, .fail, error)
            throw error
        }
    }
}

extension RequestTarget {
    /// A target that a person typed, sent byte for byte; nil where it is none of the Matrix paths, or has bytes that a
    /// request line must not have.
    package init?(typed text: Text) {
        guard text.hasPrefix("/_matrix/"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
            return nil
        }
        self.init(verbatim: text.string)
    }
}
