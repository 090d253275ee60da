internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Bytes that stay where they are: a response body, and each event within it.
///
/// Room for the limit is reserved as address space alone, so that a body whose length is not known beforehand grows
/// without being copied. What a large one has more than a MiB lies in a file without a name, so that it takes no
/// memory that has to be kept. A large file that is there already stays where it is.
package final class Blob: @unchecked Sendable {
    // Unchecked: its maker alone appends to it; what it has counted is written, and is not written again.
    private enum Store {
        case region(Region)
        case file(FileInPlace)
    }

    private let store: Store
    private let limit: Int
    /// The nameless file behind what is past `largest`; -1 until there is something.
    private var file: CInt = -1
    private let written = Atomic<Int>(0)

    package var count: Int { written.load(ordering: .acquiring) }

    /// So much of a body lies in memory.
    static let largest = 1 << 20

    /// Room for `limit` bytes, or nil where the address space has none.
    init?(limit: Int) {
        guard let region = Region.of(limit, inMemory: Self.largest) else { return nil }
        self.limit = Swift.max(limit, 1)
        store = .region(region)
    }

    /// What `file` has, of which nothing is there before `reach` says so.
    init(_ file: FileInPlace) {
        limit = file.count
        store = .file(file)
    }

    package init(_ bytes: [UInt8]) {
        guard let region = Region.of(bytes.count, inMemory: bytes.count) else {
            fatalError("no memory for \(bytes.count) bytes")
        }
        limit = Swift.max(bytes.count, 1)
        store = .region(region)
        _ = bytes.withUnsafeBytes { append($0) }
    }

    deinit {
        if case .region(let region) = store { region.release(touched: count) }
        if file >= 0 { close(file) }
    }

    /// Appends `bytes`, or returns false where they don't fit, or the disk is full.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = count
        guard case .region(let region) = store, bytes.count <= limit - count else { return false }
        guard let start = bytes.baseAddress else { return true }
        let fitting = min(bytes.count, max(region.inMemory - count, 0))
        (region.base + count).copyMemory(from: start, byteCount: fitting)
        let rest = UnsafeRawBufferPointer(rebasing: bytes[fitting...])
        guard spool(rest, region, at: count + fitting) else { return false }
        written.store(count + bytes.count, ordering: .releasing)
        return true
    }

    /// Says that a file's bytes are there up to `count`, or to its end.
    func reach(_ count: Int) { written.store(min(count, limit), ordering: .releasing) }

    /// Writes what no longer fits into memory; not through memory, where a full disk would be a signal.
    private func spool(_ bytes: UnsafeRawBufferPointer, _ region: Region, at place: Int) -> Bool {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return true }
        if file < 0 {
            file = Self.temporaryFile(limit - region.inMemory)
            guard file >= 0, region.map(file, limit) else { return false }
        }
        var done = 0
        while done < bytes.count {
            let wrote = pwrite(file, start + done, bytes.count - done, off_t(place - region.inMemory + done))
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else { return false }
            done += wrote
        }
        return true
    }

    /// Calls `body` with the bytes in `range`, which must lie within `0..<count`; those of a file are read for it.
    package func withBytes<R>(in range: Range<Int>, _ body: (Span<UInt8>) throws -> R) rethrows -> R {
        try withBuffer(range) { try body($0.bindMemory(to: UInt8.self).span) }
    }

    /// A copy of the bytes in `range`, which must lie within `0..<count`.
    package subscript(range: Range<Int>) -> [UInt8] { withBuffer(range) { [UInt8]($0) } }

    /// A copy of them all.
    package var bytes: [UInt8] { self[0..<count] }

    /// Whether `part`, which is not empty, stands anywhere in it.
    package func contains(_ part: [UInt8]) -> Bool {
        withBuffer(0..<count) { bytes in
            let end = bytes.count - part.count + 1
            var at = 0
            while at < end, let base = bytes.baseAddress, let found = memchr(base + at, CInt(part[0]), end - at) {
                if memcmp(found, part, part.count) == 0 { return true }
                at = UnsafeRawPointer(found) - base + 1
            }
            return false
        }
    }

    private func withBuffer<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside of the blob")
        switch store {
        case .region(let region):
            return try body(UnsafeRawBufferPointer(start: region.base + range.lowerBound, count: range.count))
        case .file(let file):
            return try file.withBytes(in: range, body)
        }
    }

    /// A file without a name that seems to have `size` bytes already, of which none takes room; -1 where there is none.
    private static func temporaryFile(_ size: Int) -> CInt {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var path = Array("\(folder.isEmpty ? "/tmp" : folder)/fedjoin.XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { return -1 }
        unlink(path)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        guard ftruncate(file, off_t(size)) == 0 else {
            close(file)
            return -1
        }
        return file
    }
}

/// Told of a response's body while it arrives.
package final class BodyWatch: Sendable, Hashable {
    /// Called on the transport's thread, with all that has arrived.
    let arrived: @Sendable (Blob) -> Void

    package init(_ arrived: @escaping @Sendable (Blob) -> Void) { self.arrived = arrived }

    package static func == (left: BodyWatch, right: BodyWatch) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
