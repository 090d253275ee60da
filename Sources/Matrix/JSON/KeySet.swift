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

        /// One of 64 places.
        @inline(__always)
        func place(_ seed: UInt64) -> Int { Int(((start ^ next &* 31 ^ UInt64(count)) &* seed) >> 58) }
    }

    private let keys: [Text]
    private let marks: [Mark]
    /// Which key has which place, by a seed that gives each key one of its own; none where no seed does.
    private let places: [UInt8]
    private let seed: UInt64
    private static let free: UInt8 = 255

    package init(_ keys: some Sequence<Text>) {
        self.keys = Array(keys)
        marks = self.keys.map { key in
            key.withBytes { Mark($0.span, 0..<$0.count) }
        }
        (places, seed) = Self.places(marks)
    }

    private static func places(_ marks: [Mark]) -> ([UInt8], UInt64) {
        // Odd numbers with bits all over, which are the same in every run.
        var seed: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<(marks.count < Int(free) ? 64 : 0) {
            var places = [UInt8](repeating: free, count: 64)
            for (i, mark) in marks.enumerated() where places[mark.place(seed)] == free {
                places[mark.place(seed)] = UInt8(i)
            }
            if marks.indices.allSatisfy({ places[marks[$0].place(seed)] == UInt8($0) }) { return (places, seed) }
            seed = seed &* 0xD134_2543_DE82_EF95 | 1
        }
        return ([], 0)
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
        guard places.isEmpty else {
            let index = places[mark.place(seed)]
            guard index != Self.free, marks[Int(index)] == mark else { return nil }
            return range.count <= 16 || tape.equals(node, keys[Int(index)], bytes) ? Int(index) : nil
        }
        for i in marks.indices where marks[i] == mark {
            if range.count <= 16 || tape.equals(node, keys[i], bytes) { return i }
        }
        return nil
    }
}
