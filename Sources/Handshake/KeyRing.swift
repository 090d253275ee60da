internal import Federation
internal import Matrix

/// The keys of the servers that signed a room: each asked itself, else of the resident as notary.
struct KeyRing: Sendable {
    /// How far a server's keys can be trusted.
    enum Source: Sendable, Hashable {
        case local
        /// Its own document, over TLS, signed by itself.
        case server
        /// A copy that the resident keeps: only the resident vouches for it.
        case resident
    }

    struct Entry: Sendable {
        let keys: [KeyID: KnownKey]
        let source: Source
    }

    private(set) var entries: [ServerName: Entry] = [:]
    /// Why there are no keys of a server.
    private(set) var failures: [ServerName: Failure] = [:]
    /// Servers that were not asked, as there are too many.
    private(set) var notAsked: [ServerName] = []

    static let mostServers = 100
    private static let atOnce = 16

    /// Gathers the keys of `servers`, the first `mostServers` of them.
    static func gather(
        _ servers: [ServerName], resident: Destination, _ network: Network, _ journal: Journal
    ) async -> KeyRing {
        var ring = KeyRing()
        let own = network.identity.server
        // Our name may have signed with other keys before: only the resident can still have them.
        let old = servers.contains(own) ? await notary(own, resident, network) : nil
        ring.addOwn(network.identity, old: old?.keys ?? [:])
        let others = servers.filter { $0 != own }
        ring.notAsked = Array(others.dropFirst(mostServers))
        var waiting = others.prefix(mostServers)[...]
        await withTaskGroup(of: (ServerName, Result<Entry, Failure>).self) { group in
            for _ in 0..<atOnce {
                guard let server = waiting.popFirst() else { break }
                group.addTask { await fetch(server, resident, network, journal) }
            }
            for await (server, result) in group {
                switch result {
                case .success(let entry): ring.entries[server] = entry
                case .failure(let failure): ring.failures[server] = failure
                }
                if let server = waiting.popFirst() {
                    group.addTask { await fetch(server, resident, network, journal) }
                }
            }
        }
        return ring
    }

    private mutating func addOwn(_ identity: Identity, old: [KeyID: KnownKey]) {
        let known = KnownKey(key: identity.key.publicKey, validity: .until(WallClock.now() + 86_400_000))
        let keys = old.merging([identity.key.id: known]) { _, local in local }
        entries[identity.server] = Entry(keys: keys, source: .local)
    }

    private static func fetch(
        _ server: ServerName, _ resident: Destination, _ network: Network, _ journal: Journal
    ) async -> (ServerName, Result<Entry, Failure>) {
        do { return (server, .success(try await direct(server, resident, network, journal))) } catch {
            guard server != resident.server else { return (server, .failure(error)) }
            guard let entry = await notary(server, resident, network) else { return (server, .failure(error)) }
            return (server, .success(entry))
        }
    }

    private static func direct(
        _ server: ServerName, _ resident: Destination, _ network: Network, _ journal: Journal
    ) async throws(Failure) -> Entry {
        let destination: Destination
        if server == resident.server {
            destination = resident
        } else {
            do { destination = try await network.resolve(server, ledBy: "the state of the room", journal) } catch {
                throw Failure(.verify, unresolved: error, server)
            }
        }
        let target = RequestTarget("/_matrix/key/v2/server")
        let document: JSON
        do { document = try await network.remote(destination).open(target, limits: network.limits(65_536)) } catch {
            throw Failure(.verify, error, at: destination)
        }
        do { return Entry(keys: try ServerKeys(document, of: server).keys, source: .server) } catch {
            throw Failure(.verify, .check, "the key document of \(server) is not valid: \(error)", server: server)
        }
    }

    /// `GET /_matrix/key/v2/query/{server}`: `{"server_keys": [document, …]}`, each signed by its own server, too.
    private static func notary(_ server: ServerName, _ resident: Destination, _ network: Network) async -> Entry? {
        let target = RequestTarget("/_matrix/key/v2/query", [server.text])
        guard let answer = try? await network.remote(resident).open(target, limits: network.limits(256 << 10)),
            let documents = answer["server_keys"]?.array
        else { return nil }
        var keys: [KeyID: KnownKey] = [:]
        for document in documents.prefix(20) {
            guard let checked = try? ServerKeys(document, of: server) else { continue }
            keys.merge(checked.keys) { first, _ in first }
        }
        return keys.isEmpty ? nil : Entry(keys: keys, source: .resident)
    }
}
