#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Looks at several bytes at once.
enum Bytes {
    /// Whether both are the same bytes.
    @inline(__always)
    static func equal(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        guard let one = one.baseAddress, let start = other.baseAddress else { return true }
        return memcmp(one, start, other.count) == 0
    }

    /// Whether the bytes of `s` in `range` are those of `other`.
    @inline(__always)
    static func equal(_ s: Span<UInt8>, _ range: Range<Int>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        s.extracting(range).withUnsafeBufferPointer { equal($0, other) }
    }

    /// The eight bytes from `at` on, the first one lowest; all must be there.
    @inline(__always)
    static func word(_ s: Span<UInt8>, _ at: Int) -> UInt64 {
        UInt64(littleEndian: s.bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    /// The first eight bytes in `range`, the first one lowest, and zeros for those that it does not have.
    @inline(__always)
    static func mark(_ s: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        if range.lowerBound + 8 <= s.count {
            let word = word(s, range.lowerBound)
            return range.count < 8 ? word & (1 << UInt64(8 * range.count) - 1) : word
        }
        return range.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64(s[$1]) }
    }

    /// The bits from each odd one of `bits`, as they are counted from the lowest, up to the next: what stands in strings,
    /// of their quotes.
    @inline(__always)
    static func between(_ bits: UInt64) -> UInt64 {
        var filled = bits
        for shift: UInt64 in [1, 2, 4, 8, 16, 32] { filled ^= filled << shift }
        return filled
    }
}
