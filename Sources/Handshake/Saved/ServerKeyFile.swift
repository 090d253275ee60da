package import Matrix

/// Key documents in a file: those that are given, and apart from them those that only the resident vouches for.
package struct ServerKeyFile: Sendable {
    /// As notaries answer (server-server API, "Querying Keys Through Another Server").
    static let own: Text = "server_keys"
    static let vouched: Text = "resident_keys"

    package let documents: [(document: JSON, isVouched: Bool)]

    /// Of both lists, or of one server's document alone; nil where there is none of them.
    package init?(_ value: JSON) {
        let lists = [(Self.own, false), (Self.vouched, true)].compactMap { name, isVouched in
            value[name]?.array.map { $0.map { (document: $0, isVouched: isVouched) } }
        }
        if !lists.isEmpty {
            documents = Array(lists.joined())
        } else if value["verify_keys"] != nil {
            documents = [(value, false)]
        } else {
            return nil
        }
    }
}
