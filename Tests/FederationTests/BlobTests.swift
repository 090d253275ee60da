import Testing

@testable import Federation

@Suite(.timeLimit(.minutes(1))) struct `A blob` {
    @Test func `takes bytes up to its limit, and none of what does not fit`() throws {
        let blob = try #require(Blob(limit: 5))
        #expect([UInt8]([1, 2, 3]).withUnsafeBytes { blob.append($0) })
        #expect([UInt8]([4, 5, 6]).withUnsafeBytes { blob.append($0) } == false)
        #expect([UInt8]([4, 5]).withUnsafeBytes { blob.append($0) })
        #expect(blob.bytes == [1, 2, 3, 4, 5])
        #expect(blob[1..<3] == [2, 3])
        #expect(blob.withBytes(in: 3..<5) { $0[1] } == 5)
    }

    @Test func `may be empty`() {
        #expect(Blob([]).bytes == [])
        #expect(Blob([]).withBytes(in: 0..<0) { $0.count } == 0)
    }

    @Test func `is not there where the address space has no room`() {
        #expect(Blob(limit: Int.max) == nil)
    }
}
