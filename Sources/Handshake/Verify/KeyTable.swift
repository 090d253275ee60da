internal import Federation
internal import Matrix

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
        var keys: [KeyID: KnownKey]
        var source: Source
        /// Where those keys were had that `source` lacked, or not for as long.
        fileprivate var others: [KeyID: Source] = [:]

        init(keys: [KeyID: KnownKey], source: Source) {
            self.keys = keys
            self.source = source
        }

        func source(of key: KeyID) -> Source { others[key] ?? source }
        func has(_ source: Source) -> Bool { self.source == source || others.values.contains(source) }
    }

    private(set) var entries: [ServerName: Entry] = [:]
    /// Servers that nothing more will be heard of: what they signed is judged by what there is.
    private(set) var isFinal = false

    /// The keys of `server`; nil where nothing is known of them yet.
    subscript(server: ServerName) -> [KeyID: KnownKey]? { entries[server]?.keys ?? (isFinal ? [:] : nil) }

    /// Adds keys. One that is there stays, unless the new one is the same and valid for longer.
    mutating func add(_ keys: [KeyID: KnownKey], of server: ServerName, from source: Source) {
        guard var entry = entries[server] else {
            entries[server] = Entry(keys: keys, source: source)
            return
        }
        for (id, key) in keys {
            if let first = entry.keys[id], !key.outlasts(first) { continue }
            entry.keys[id] = key
            entry.others[id] = source == entry.source ? nil : source
        }
        entries[server] = entry
    }

    mutating func close() { isFinal = true }
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
