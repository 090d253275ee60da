internal import Matrix

/// The keys that some servers signed with last, each at a place of its server: nearly every event is signed by the one
/// key that its server has, and to find that in a table is to wait for memory several times.
struct NearKeys: Sendable {
    private struct Found: Sendable {
        let server: ServerName
        let id: Text
        let key: KnownKey
        /// What the table was when it was found there.
        let state: Int
    }

    private var places: [Found?]

    init(size: Int) { places = [Found?](repeating: nil, count: size) }

    /// The key of `server`, whose place that is, of the id that `isIt` is true of; nil where none is known.
    mutating func find(
        _ server: ServerName, at place: Int, in table: KeyTable, _ isIt: (Text) -> Bool
    ) -> KnownKey? {
        if let near = places[place], near.state == table.state, near.server == server, isIt(near.id) { return near.key }
        guard let (id, key) = table[server]?.first(where: { isIt($0.key.text) }) else { return nil }
        places[place] = Found(server: server, id: id.text, key: key, state: table.state)
        return key
    }
}
