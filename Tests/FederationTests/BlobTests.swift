import TestSupport
import Testing

@testable import Federation

@Suite(.timeLimit(.minutes(5))) struct `A blob` {
    /// Different bytes at every place of a page, and on every page.
    private static func byte(_ at: Int) -> UInt8 { UInt8(truncatingIfNeeded: at &* 31 &+ at >> 8 &+ at >> 12) }

    private func append(_ bytes: [UInt8], to blob: Blob) -> Bool { bytes.withUnsafeBytes { blob.append($0) } }

    @Test func `takes bytes up to its limit, and none of what does not fit`() throws {
        let blob = try #require(Blob(limit: 5))
        #expect(append([1, 2, 3], to: blob))
        #expect(!append([4, 5, 6], to: blob))
        #expect(append([4, 5], to: blob))
        #expect(blob.bytes == [1, 2, 3, 4, 5])
        #expect(blob[1..<3] == [2, 3])
        #expect(blob.withBytes(in: 3..<5) { $0[1] } == 5)
    }

    @Test func `finds a part wherever it stands`() throws {
        let blob = try #require(Blob(limit: 64))
        #expect(append(Array("abcabd".utf8), to: blob))
        for part in ["a", "abd", "abcabd", "d"] { #expect(blob.contains(Array(part.utf8))) }
        for part in ["x", "abe", "abcabda", "\0"] { #expect(!blob.contains(Array(part.utf8))) }
    }

    @Test(arguments: [1 << 20, (1 << 20) + 1, 64 << 20])
    func `has what was appended in odd pieces, in memory or in a file`(limit: Int) throws {
        let blob = try #require(Blob(limit: limit))
        let whole = (0..<min(limit - 7, 6 << 20)).map(Self.byte)
        var (at, size) = (0, 1)
        while at < whole.count {
            let end = min(at + size, whole.count)
            #expect(append(Array(whole[at..<end]), to: blob))
            #expect(blob.count == end)
            #expect(blob[at..<end] == Array(whole[at..<end]), "it can be read at once")
            (at, size) = (end, size * 3 + 1)
        }
        #expect(blob.bytes == whole)
        #expect(blob[4093..<8200] == Array(whole[4093..<8200]))
    }

    @Test func `in a file takes bytes up to its limit, too`() throws {
        let limit = (1 << 20) + 3
        let blob = try #require(Blob(limit: limit))
        #expect(append([UInt8](repeating: 7, count: limit - 2), to: blob))
        #expect(!append([1, 2, 3], to: blob))
        #expect(blob.count == limit - 2)
        #expect(append([], to: blob))
        #expect(append([1, 2], to: blob))
        #expect(!append([3], to: blob))
        #expect(blob[(limit - 3)..<limit] == [7, 1, 2])
    }

    @Test func `may be empty`() throws {
        #expect(Blob([]).bytes == [])
        #expect(Blob([]).withBytes(in: 0..<0) { $0.count } == 0)
        for limit in [0, 5 << 20] {
            let blob = try #require(Blob(limit: limit))
            #expect(blob.bytes == [])
        }
    }

    @Test func `is not there where the address space has no room`() {
        #expect(Blob(limit: Int.max) == nil)
    }
}
