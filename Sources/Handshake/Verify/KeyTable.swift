internal import Federation
internal import Matrix
internal import Synchronization

/// The keys of servers, and where each server's were had.
struct KeyTable: Sendable {
    /// How far a server's keys can be trusted.
    enum Source: Sendable, Hashable {
        case local
        /// A file that the person gave.
        case file
        /// Its own document, over TLS, signed by itself.
        case server
        /// A notary that the person named, and trusts.
        case notary
        /// A copy that the resident keeps: only the resident vouches for it.
        case resident
    }

    struct Entry: Sendable {
        private(set) var keys: [KeyID: KnownKey]
        /// Where the first of them were had.
        let source: Source
        /// Where those were had that came later.
        private var sources: [KeyID: Source] = [:]

        init(keys: [KeyID: KnownKey], source: Source) {
            self.keys = keys
            self.source = source
        }

        func source(of key: KeyID) -> Source { sources[key] ?? source }

        /// Whether some of the keys were had there.
        func has(_ source: Source) -> Bool { keys.keys.contains { self.source(of: $0) == source } }

        /// Those that only the resident vouches for, also where the server gave others itself.
        var vouched: [KeyID] { keys.keys.filter { source(of: $0) == .resident } }

        /// Adds keys. One that is there stays, unless the new one is the same and valid for longer, or there is now
        /// somebody else than the resident to vouch for it.
        mutating func merge(_ more: [KeyID: KnownKey], from source: Source) {
            for (id, key) in more {
                let isVouchedNow = source != .resident && self.source(of: id) == .resident
                guard keys[id].map({ isVouchedNow || key.outlasts($0) }) ?? true else { continue }
                keys[id] = key
                sources[id] = source
            }
        }

        mutating func removeVouched() { for id in vouched { keys[id] = nil } }
    }

    private(set) var entries: [ServerName: Entry] = [:]
    /// Servers that nothing more will be heard of: what they signed is judged by what there is.
    private(set) var isFinal = false
    /// A number that no table of other content has; 0 where nothing was ever changed.
    private(set) var state = 0
    private static let changes = Atomic<Int>(0)

    /// The keys of `server`; nil where nothing is known of them yet.
    subscript(server: ServerName) -> [KeyID: KnownKey]? { entries[server]?.keys ?? (isFinal ? [:] : nil) }

    /// Adds keys, as an entry takes them.
    mutating func add(_ keys: [KeyID: KnownKey], of server: ServerName, from source: Source) {
        change()
        entries[server]?.merge(keys, from: source)
        if entries[server] == nil { entries[server] = Entry(keys: keys, source: source) }
    }

    private mutating func change() { state = Self.changes.add(1, ordering: .relaxed).newValue }

    mutating func close() {
        change()
        isFinal = true
    }

    /// The same without what only the resident vouches for.
    var withoutVouched: KeyTable {
        var table = self
        table.change()
        for server in table.entries.keys { table.entries[server]?.removeVouched() }
        return table
    }
}

extension KnownKey {
    /// Whether this is the same current key, by a document that is valid for longer.
    fileprivate func outlasts(_ other: KnownKey) -> Bool {
        guard key == other.key, case .until(let end) = validity, case .until(let first) = other.validity else {
            return false
        }
        return end > first
    }
}
