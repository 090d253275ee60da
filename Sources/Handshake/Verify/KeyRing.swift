package import Federation
package import Matrix

/// Whom to ask for keys, and how many.
package struct KeyPolicy: Sendable {
    /// How many servers are asked themselves at most; those that decide the join come on top where need be.
    package var mostServers = 100
    /// Notaries that the person trusts, in the order to ask them.
    package var notaries: [ServerName] = []
    /// Whether anybody is asked for the keys of another server.
    package var usesNotaries = true
    /// Whether anybody is asked at all.
    package var isOffline = false
    /// Keys that the person gave.
    package var given: [ServerKeys] = []
    /// Keys of a saved run that only its resident vouched for.
    package var vouched: [ServerKeys] = []

    package init() {}
}

/// The keys of the servers that signed a room: each server is asked itself, many at once, then notaries for what is
/// missing (server-server API, "Retrieving server keys").
struct KeyRing: Sendable {
    typealias Fetch = @Sendable (ServerName) async -> Result<KeyTable.Entry, Failure>

    static let atOnce = 16

    private let policy: KeyPolicy
    private(set) var table = KeyTable()
    /// Why there are no keys of a server.
    private(set) var failures: [ServerName: Failure] = [:]
    private var wanted: Set<ServerName> = []
    private var queue: ArraySlice<ServerName> = []
    private var asked = 0

    /// Servers that were not asked, as there are too many.
    var notAsked: [ServerName] { asked < policy.mostServers || policy.isOffline ? [] : Array(queue) }

    init(_ policy: KeyPolicy, us identity: Identity?) {
        self.policy = policy
        if let identity {
            let own = KnownKey(key: identity.key.publicKey, validity: .until(WallClock.now() + 86_400_000))
            table.add([identity.key.id: own], of: identity.server, from: .local)
        }
        for document in policy.given { table.add(document.keys, of: document.server, from: .file) }
        for document in policy.vouched { table.add(document.keys, of: document.server, from: .resident) }
    }

    /// Puts servers whose keys are not there on the list, those that are not on it yet.
    mutating func want(_ servers: some Sequence<ServerName>) {
        for server in servers where table.entries[server] == nil && wanted.insert(server).inserted {
            queue.append(server)
        }
    }

    /// Puts these before all others, and beyond the limit where it leaves no room for them.
    mutating func wantFirst(_ servers: [ServerName]) {
        let due = servers.filter { table.entries[$0] == nil && failures[$0] == nil }
        wanted.formUnion(due)
        queue = ArraySlice(due + queue.filter { !due.contains($0) })
        asked = min(asked, policy.mostServers - due.count)
    }

    /// The next server to ask, or nil where there is none, or enough were asked.
    mutating func next() -> ServerName? {
        guard !policy.isOffline, asked < policy.mostServers, let server = queue.popFirst() else { return nil }
        asked += 1
        return server
    }

    mutating func take(_ result: Result<KeyTable.Entry, Failure>, of server: ServerName) {
        switch result {
        case .success(let entry): table.add(entry.keys, of: server, from: entry.source)
        case .failure(let failure): failures[server] = failure
        }
    }

    mutating func add(_ documents: [ServerKeys], from source: KeyTable.Source) {
        for document in documents { table.add(document.keys, of: document.server, from: source) }
    }

    /// Says that nobody else will be asked.
    mutating func close() { table.close() }

    /// Asks every server on the list, so many at once.
    mutating func fetchAll(_ fetch: @escaping Fetch) async {
        var ring = self
        await withTaskGroup(of: (ServerName, Result<KeyTable.Entry, Failure>).self) { group in
            for _ in 0..<Self.atOnce {
                guard let server = ring.next() else { break }
                group.addTask { (server, await fetch(server)) }
            }
            for await (server, result) in group {
                ring.take(result, of: server)
                if let server = ring.next() { group.addTask { (server, await fetch(server)) } }
            }
        }
        self = ring
    }
}
