/// Writes the canonical form of what a tape holds into a buffer of its own that is used again and again (appendices,
/// "Canonical JSON"): the same bytes as `CanonicalJSON` of the same value.
package struct CanonicalWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    private let numbers: CanonicalJSON.Numbers

    /// What becomes of one member of an object.
    package enum Fate { case dropped, kept, filtered }

    package init(numbers: CanonicalJSON.Numbers) { self.numbers = numbers }

    package mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    package mutating func write(
        _ node: Int, _ tape: JSONTape, _ s: Span<UInt8>
    ) throws(CanonicalJSON.Failure) {
        if tape.isCanonical(node) { return append(tape.range(node), s) }
        switch tape.kind(node) {
        case .string: quote(tape.range(node), s)
        case .escaped: quote(tape.text(node, s))
        case .integer, .number: try number(node, tape, s)
        case .null: bytes += "null".utf8
        case .no: bytes += "false".utf8
        case .yes: bytes += "true".utf8
        case .array:
            bytes.append(UInt8(ascii: "["))
            var at = node + 1
            let end = tape.after(node)
            while at < end {
                if at > node + 1 { bytes.append(UInt8(ascii: ",")) }
                try write(at, tape, s)
                at = tape.after(at)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object, .shuffled:
            try object(node, tape, s) { _ in
                .kept
            } filtered: { _, _ throws(CanonicalJSON.Failure) in
            }
        }
    }

    /// Writes the object at `node` without the members that are dropped; the values of those that are filtered are
    /// written by `filtered`, which is given the value's node.
    @inline(__always)
    package mutating func object(
        _ node: Int, _ tape: JSONTape, _ s: Span<UInt8>, _ fate: (Int) -> Fate,
        filtered: (inout CanonicalWriter, Int) throws(CanonicalJSON.Failure) -> Void
    ) throws(CanonicalJSON.Failure) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        try tape.forEachKey(node) { key throws(CanonicalJSON.Failure) in
            let fate = fate(key)
            if fate == .dropped { return }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            if fate == .kept, let range = tape.canonicalMember(key, s) { return append(range, s) }
            try write(key, tape, s)
            bytes.append(UInt8(ascii: ":"))
            if fate == .kept { try write(key + 1, tape, s) } else { try filtered(&self, key + 1) }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func writeEmptyObject() { bytes += "{}".utf8 }

    private mutating func number(
        _ node: Int, _ tape: JSONTape, _ s: Span<UInt8>
    ) throws(CanonicalJSON.Failure) {
        let value = tape.value(node, s)
        guard let text = CanonicalNumber.text(of: value, numbers) else {
            throw CanonicalJSON.Failure(number: CanonicalNumber.written(value))
        }
        bytes += text.utf8
    }

    /// A string without escapes has no byte that wants one.
    private mutating func quote(_ range: Range<Int>, _ s: Span<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        append(range, s)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ range: Range<Int>, _ s: Span<UInt8>) {
        s.withUnsafeBufferPointer { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    private mutating func quote(_ text: Text) { CanonicalJSON.quote(text, into: &bytes) }
}
