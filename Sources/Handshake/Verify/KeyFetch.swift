internal import Federation
internal import Matrix

/// Asks servers for keys: each for its own, and notaries for those of others.
struct KeyFetch: Sendable {
    let network: Network
    /// Where the resident is known to be.
    let resident: Destination?
    let journal: Journal
    /// Who led us to the servers that are asked for their own keys.
    var leader = "the state of the room"

    /// How many servers one request asks a notary for.
    private static let batch = 200
    private static let limit = 65_536
    /// For all requests to one notary: a room can name very many servers, and each answer can take its time.
    private static let patience = Duration.seconds(300)

    /// A server that is asked for the keys of others, and its own keys, which sign what it says.
    private struct Notary {
        let destination: Destination
        let keys: [KeyID: KnownKey]
    }

    /// `GET /_matrix/key/v2/server` (server-server API, "Publishing Keys").
    func direct(_ server: ServerName) async -> Result<KeyTable.Entry, Failure> {
        do throws(Failure) {
            let destination = try await destination(server, ledBy: leader)
            return .success(KeyTable.Entry(keys: try await published(at: destination), source: .server))
        } catch {
            return .failure(error)
        }
    }

    private func destination(_ server: ServerName, ledBy leader: String?) async throws(Failure) -> Destination {
        if let resident, server == resident.server { return resident }
        do { return try await network.resolve(server, ledBy: leader, journal) } catch {
            throw Failure(.verify, unresolved: error, server)
        }
    }

    private func published(at destination: Destination) async throws(Failure) -> [KeyID: KnownKey] {
        let document: JSON
        do {
            document = try await network.remote(destination).open(
                RequestTarget("/_matrix/key/v2/server"), limits: network.limits(Self.limit))
        } catch {
            throw Failure(.verify, error, at: destination)
        }
        let server = destination.server
        do {
            let keys = try ServerKeys(document, of: server)
            network.folder?.keep(keys)
            return keys.keys
        } catch {
            throw Failure(.verify, .check, "the key document of \(server) is not valid: \(error)", server: server)
        }
    }

    /// `POST /_matrix/key/v2/query` (server-server API, "Querying Keys Through Another Server"): what `notary` has of
    /// the keys in `needs`, by server and key the time at which each has to be valid. What its own key has not signed,
    /// or the owner's, does not count.
    func query(
        _ notary: ServerName, _ needs: [ServerName: [KeyID: Int]], enforcesValidity: Bool
    ) async -> [ServerKeys] {
        guard let asked = await self.notary(notary) else { return [] }
        let servers = needs.keys.sorted()
        var found: [ServerKeys] = []
        let began = ContinuousClock.now
        for start in stride(from: 0, to: servers.count, by: Self.batch) {
            guard began.duration(to: .now) < Self.patience else {
                journal.check("notary", .warn, "the notary \(notary) is too slow to be asked for more", server: notary)
                break
            }
            let part = servers[start..<min(start + Self.batch, servers.count)]
            var criteria = JSON.Object()
            for server in part {
                var keys = JSON.Object()
                for (id, time) in needs[server] ?? [:] {
                    keys[id.text] = enforcesValidity ? ["minimum_valid_until_ts": .integer(max(0, time))] : [:]
                }
                criteria[server.text] = .object(keys)
            }
            guard let more = await ask(asked, criteria, Set(part)) else { break }
            found += more
        }
        return found
    }

    private func notary(_ server: ServerName) async -> Notary? {
        do throws(Failure) {
            let destination = try await destination(server, ledBy: nil)
            return Notary(destination: destination, keys: try await published(at: destination))
        } catch {
            journal.check("notary", .warn, "the notary \(server) is of no use: \(error.message)", server: server)
            return nil
        }
    }

    /// Nil where it fails, and need not be asked for more.
    private func ask(_ notary: Notary, _ criteria: JSON.Object, _ servers: Set<ServerName>) async -> [ServerKeys]? {
        let name = notary.destination.server
        let answer: JSON
        do {
            answer = try await network.remote(notary.destination).open(
                posting: ["server_keys": .object(criteria)], to: RequestTarget("/_matrix/key/v2/query"),
                limits: network.limits(servers.count * 32_768, seconds: 60))
        } catch {
            let failure = Failure(.verify, error, at: notary.destination)
            journal.check("notary", .warn, "the notary \(name) is of no use: \(failure.message)", server: name)
            return nil
        }
        // A server that changed its key may have several documents.
        return (answer["server_keys"]?.array ?? []).prefix(servers.count * 10).compactMap { document in
            guard let server = document["server_name"]?.text.flatMap({ ServerName($0) }), servers.contains(server),
                let keys = try? ServerKeys(document, of: server),
                SignedJSON.isSigned(keys.document, by: name, notary.keys, now: WallClock.now())
            else { return nil }
            network.folder?.keep(keys, isVouched: !network.keys.notaries.contains(name))
            return keys
        }
    }
}
