/// A few keys, looked for in a tape without making text of what stands there.
package struct KeySet: Sendable {
    private let keys: [Text]
    /// The first eight bytes of each and its length, which settle nearly every comparison.
    private let marks: [UInt64]
    private let counts: [Int]

    package init(_ keys: some Sequence<Text>) {
        self.keys = Array(keys)
        marks = self.keys.map { key in key.withBytes { Self.mark($0.prefix(8)) } }
        counts = self.keys.map(\.count)
    }

    /// Whether the string at `node` is one of them.
    @inline(__always)
    package func contains(_ node: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) -> Bool {
        index(node, tape, bytes) != nil
    }

    /// Which of them the string at `node` is.
    package func index(_ node: Int, _ tape: JSONTape, _ bytes: Span<UInt8>) -> Int? {
        guard tape.kind(node) == .string else {
            let text = tape.text(node, bytes)
            return keys.firstIndex { $0 == text }
        }
        let range = tape.range(node)
        var mark: UInt64 = 0
        for i in range.prefix(8) { mark = mark << 8 | UInt64(bytes[i]) }
        for i in marks.indices where marks[i] == mark && counts[i] == range.count {
            if range.count <= 8 || tape.equals(node, keys[i], bytes) { return i }
        }
        return nil
    }

    private static func mark(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
