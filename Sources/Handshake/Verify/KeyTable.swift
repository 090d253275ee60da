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
    }

    private(set) var entries: [ServerName: Entry] = [:]
    /// Servers that nothing more will be heard of: what they signed is judged by what there is.
    private(set) var isFinal = false

    /// The keys of `server`; nil where nothing is known of them yet.
    subscript(server: ServerName) -> [KeyID: KnownKey]? { entries[server]?.keys ?? (isFinal ? [:] : nil) }

    /// Adds keys, the ones that are there already counting more.
    mutating func add(_ keys: [KeyID: KnownKey], of server: ServerName, from source: Source) {
        guard var entry = entries[server] else {
            entries[server] = Entry(keys: keys, source: source)
            return
        }
        entry.keys.merge(keys) { first, _ in first }
        entries[server] = entry
    }

    mutating func close() { isFinal = true }
}
