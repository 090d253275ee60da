package import Matrix

/// Key documents in a file: those that are given, and apart from them those that only the resident vouches for. They are
/// cut out first and read one by one, so that all cores can read: there can be thousands.
package struct ServerKeyFile: Sendable {
    /// As notaries answer (server-server API, "Querying Keys Through Another Server").
    static let own: Text = "server_keys"
    static let vouched: Text = "resident_keys"

    private static let most = 100_000

    private let bytes: [UInt8]
    private let places: [(range: Range<Int>, isVouched: Bool)]

    /// Of both lists, or of one server's document alone; nil where there is none of them.
    package init?(_ bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner(lists: [Self.own, Self.vouched], isPair: false, most: Self.most)
        try scanner.finish(bytes.span)
        if scanner.has(Self.own) || scanner.has(Self.vouched) {
            places =
                scanner.elements[0].map { (range: $0, isVouched: false) }
                + scanner.elements[1].map { (range: $0, isVouched: true) }
        } else if scanner.has("verify_keys") {
            places = [(range: bytes.indices, isVouched: false)]
        } else {
            return nil
        }
        self.bytes = bytes
    }

    package var count: Int { places.count }

    package func isVouched(_ i: Int) -> Bool { places[i].isVouched }

    package func document(_ i: Int) throws(JSONError) -> JSON {
        let range = places[i].range
        do { return try JSON(parsing: bytes.span.extracting(range)) } catch {
            throw error.from(range.lowerBound)
        }
    }
}
