internal import Federation
package import Matrix

/// Stage 1 as a command of its own: our name and key as strangers see them, and as other servers have them.
package struct SelfView: Sendable {
    private let request: MembershipRequest
    private let network: Network
    private let journal: Journal

    package init(_ request: MembershipRequest, _ network: Network, _ journal: Journal) {
        self.request = request
        self.network = network
        self.journal = journal
    }

    /// Looks at our key as anybody would, then asks each of `notaries` for it: the view from outside.
    package func run(notaries: [ServerName]) async throws(Failure) {
        let check = SelfCheck(request, network)
        journal.begin(.identity, server: network.identity.server, check.title)
        do throws(Failure) {
            try await check.run(journal)
            if case .unreachable(let problem) = journal.facts.selfCheck {
                throw Failure(.identity, .connect, problem, server: network.identity.server)
                    .explained("own-key-unpublished", .own(network.identity.server))
            }
            for notary in notaries { try await ask(notary) }
            journal.end(.identity, .pass)
        } catch {
            journal.end(.identity, .fail, error)
            throw error
        }
    }

    /// `GET /_matrix/key/v2/query/{our name}` of a notary (server-server API, "Querying Keys Through Another Server").
    private func ask(_ notary: ServerName) async throws(Failure) {
        let own = network.identity
        let answer: JSON
        do throws(Discovery.Failure) {
            let destination = try await network.resolve(notary, journal)
            do throws(RemoteError) {
                answer = try await network.remote(destination).open(
                    RequestTarget("/_matrix/key/v2/query", [own.server.text]),
                    limits: network.limits(256 << 10, seconds: 30))
            } catch {
                return warn(notary, "\(Failure(.identity, error, at: destination).message)")
            }
        } catch {
            return warn(notary, "\(error.host): \(error.description)")
        }
        let documents = answer["server_keys"]?.array ?? []
        let keys = documents.compactMap { try? ServerKeys($0, of: own.server) }
        guard let known = keys.compactMap({ $0.keys[own.key.id] }).first else {
            return warn(notary, "it has no \(own.key.id) of ours: it could not fetch our key")
        }
        guard known.key == own.key.publicKey else {
            throw Failure(.identity, .check, "\(notary) has another key of ours as \(own.key.id)", server: notary)
                .explained("own-key-mismatch", .own(own.server))
        }
        journal.check("notary", .pass, "\(notary) has our \(own.key.id), and it equals the local key", server: notary)
    }

    private func warn(_ notary: ServerName, _ problem: String) {
        journal.check("notary", .warn, "\(notary): \(problem)", server: notary)
    }
}
