package import Matrix

/// A path and a query, percent-encoded once: what is signed, and what goes on the wire.
package struct RequestTarget: Sendable, Hashable, CustomStringConvertible {
    package let string: String
    /// The path alone with its parts as they are, for people; not safe to send, nor yet to print.
    package let readable: Text

    /// `prefix` is a constant path of ours; each of `parts` becomes one part of the path, whatever it holds.
    package init(_ prefix: String, _ parts: [Text] = [], query: [(name: String, value: Text)] = []) {
        let path = ([prefix] + parts.map(PercentEncoding.encode)).joined(separator: "/")
        let pairs = query.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }
        string = pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
        readable = Text(([prefix] + parts.map(\.string)).joined(separator: "/"))
    }

    /// What is a target already.
    package init(verbatim target: String) {
        string = target
        readable = Text(target)
    }

    package var description: String { string }
}
