#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Bytes in one place that never moves: a response body, and each event within it.
///
/// Room for the limit is reserved as address space alone. A page takes memory when it is first written, so a body
/// whose length is not known beforehand grows without being copied.
package final class Blob: @unchecked Sendable {
    // Unchecked: its maker alone appends to it, and shares it only once it is whole.
    private let base: UnsafeMutableRawPointer
    private let limit: Int
    package private(set) var count = 0

    /// Room for `limit` bytes, or nil where the address space has none.
    init?(limit: Int) {
        self.limit = Swift.max(limit, 1)
        let flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE
        guard let base = mmap(nil, self.limit, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            return nil
        }
        self.base = base
    }

    package init(_ bytes: [UInt8]) {
        limit = Swift.max(bytes.count, 1)
        let flags = MAP_PRIVATE | MAP_ANON
        guard let base = mmap(nil, limit, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            fatalError("no memory for \(bytes.count) bytes")
        }
        self.base = base
        _ = bytes.withUnsafeBytes { append($0) }
    }

    deinit { munmap(base, limit) }

    /// Appends `bytes`, or returns false where they don't fit.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= limit - count else { return false }
        if let start = bytes.baseAddress { (base + count).copyMemory(from: start, byteCount: bytes.count) }
        count += bytes.count
        return true
    }

    /// Calls `body` with the bytes in `range`, which must lie within `0..<count`.
    package func withBytes<R>(in range: Range<Int>, _ body: (Span<UInt8>) throws -> R) rethrows -> R {
        try body(buffer(range).bindMemory(to: UInt8.self).span)
    }

    /// A copy of the bytes in `range`, which must lie within `0..<count`.
    package subscript(range: Range<Int>) -> [UInt8] { [UInt8](buffer(range)) }

    /// A copy of them all.
    package var bytes: [UInt8] { self[0..<count] }

    private func buffer(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside of the blob")
        return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }
}
