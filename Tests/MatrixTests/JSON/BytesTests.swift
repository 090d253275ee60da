import Testing

@testable import Matrix

@Suite struct BytesTests {
    /// Each byte at each place of eight, among bytes that stand next to those that are looked for.
    @Test(arguments: [UInt8(0x20), 0x21, 0x23, 0x5B, 0x5D, 0x61, 0x7F, 0x80, 0xA2, 0xDC, 0xFF])
    func `a word is passed up to its first quote, backslash or control character`(filler: UInt8) {
        for place in 0..<8 {
            for byte in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: filler, count: 8)
                bytes[place] = byte
                // What comes after the first one does not matter.
                if place < 7 { bytes[7] = UInt8(ascii: "\"") }
                let word = Bytes.word(bytes.span, 0)
                let isQuote = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                let end = place < 7 ? 7 : 8
                #expect(Bytes.untilQuote(word) == (isQuote ? place : end))
                #expect(Bytes.untilSpecial(word) == (isQuote || byte < 0x20 ? place : end))
            }
        }
    }

    @Test func `a mark is of the bytes in its range alone, wherever they lie`() {
        let bytes = Array("0123456789".utf8)
        for count in 0...bytes.count {
            for start in 0...(bytes.count - count) {
                let mark = Bytes.mark(bytes.span, start..<(start + count))
                let due = bytes[start..<(start + count)].prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                #expect(mark == due, "\(count) from \(start)")
            }
        }
    }

    @Test(arguments: [
        ("", "", true), ("a", "", false), ("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false),
    ])
    func `bytes are compared, and their number`(one: Text, other: Text, areEqual: Bool) {
        #expect(one.withBytes { one in other.withBytes { Bytes.equal(one, $0) } } == areEqual)
    }
}
