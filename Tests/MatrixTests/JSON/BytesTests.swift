import Testing

@testable import Matrix

@Suite struct BytesTests {
    @Test(arguments: 0..<64)
    func `what stands between odd ones and the next ones is filled`(place: Int) {
        let one: UInt64 = 1 << UInt64(place)
        #expect(Bytes.between(0) == 0)
        #expect(Bytes.between(one) == ~(one - 1))
        for end in (place + 1)..<max(64, place + 1) {
            let other: UInt64 = 1 << UInt64(end)
            #expect(Bytes.between(one | other) == other - one)
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
