/// A string that is equal, ordered and hashed by its UTF-8 bytes.
///
/// Swift's own `String` compares by canonical equivalence, so that "é" equals "e\u{301}": two different identifiers to
/// Matrix, whose names are bytes. Always valid UTF-8, since a `String` holds it.
package struct Text: Sendable, Hashable, Comparable {
    package let string: String

    package init(_ string: String) {
        var string = string
        string.makeContiguousUTF8()
        self.string = string
    }

    /// The text that `bytes` encode, or nil where they are not UTF-8: nothing is mended.
    package init?(validating bytes: some Sequence<UInt8>) {
        guard let string = String(validating: bytes, as: UTF8.self) else { return nil }
        self.string = string
    }

    package var utf8: String.UTF8View { string.utf8 }
    package var bytes: [UInt8] { Array(string.utf8) }
    /// Its length in bytes.
    package var count: Int { string.utf8.count }
    package var isEmpty: Bool { string.utf8.isEmpty }

    /// Its bytes where they lie: many times faster than going through the view, which asks of each byte where it is.
    @inline(__always)
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        string.utf8Span.span.withUnsafeBufferPointer(body)
    }

    /// The string itself, without what it may refer to.
    private var representation: (UInt64, UInt64) { unsafeBitCast(string, to: (UInt64, UInt64).self) }

    package static func == (left: Text, right: Text) -> Bool {
        // The same text in the same place needs no look at its bytes.
        let (one, other) = (left.representation, right.representation)
        if one == other { return true }
        return left.count == right.count && left.withBytes { left in right.withBytes { Bytes.equal(left, $0) } }
    }

    package static func < (left: Text, right: Text) -> Bool {
        left.withBytes { left in right.withBytes { left.lexicographicallyPrecedes($0) } }
    }

    package func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(count)
    }

    /// Whether its first bytes are those of `prefix`.
    package func hasPrefix(_ prefix: Text) -> Bool {
        withBytes { bytes in prefix.withBytes { bytes.starts(with: $0) } }
    }

    /// What stands after the ASCII byte at `offset`.
    func suffix(after offset: Int) -> Text {
        Text(String(string[string.utf8.index(string.utf8.startIndex, offsetBy: offset + 1)...]))
    }

    /// What stands before and after the first `separator`, or nil where there is none.
    package func split(at separator: Unicode.Scalar) -> (before: Text, after: Text)? {
        guard let offset = withBytes({ $0.firstIndex(of: UInt8(ascii: separator)) }) else { return nil }
        let at = utf8.index(utf8.startIndex, offsetBy: offset)
        return (Text(String(string[..<at])), Text(String(string[utf8.index(after: at)...])))
    }
}

extension Text: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) { self.init(value) }
    package var description: String { string }
}
