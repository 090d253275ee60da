/// A few keys, looked for in a tape without making text of what stands there.
package struct KeySet: Sendable {
    /// The first sixteen bytes and the length, which settle nearly every comparison.
    private struct Mark: Sendable, Hashable {
        let count: Int
        private let start: UInt64
        private let next: UInt64

        @inline(__always)
        init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
            count = range.count
            start = Bytes.mark(bytes, range)
            next = count > 8 ? Bytes.mark(bytes, range.dropFirst(8)) : 0
        }
    }

    private let keys: [Text]
    private let marks: [Mark]

    package init(_ keys: some Sequence<Text>) {
        self.keys = Array(keys)
        marks = self.keys.map { key in
            key.withBytes { Mark($0.span, 0..<$0.count) }
        }
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
            return keys.firstIndex(of: text)
        }
        let range = tape.range(node)
        let mark = Mark(bytes, range)
        for i in marks.indices where marks[i] == mark {
            if range.count <= 16 || tape.equals(node, keys[i], bytes) { return i }
        }
        return nil
    }
}
