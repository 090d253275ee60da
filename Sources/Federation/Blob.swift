internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Bytes in one place that never moves: a response body, and each event within it.
///
/// Room for the limit is reserved as address space alone, so that a body whose length is not known beforehand grows
/// without being copied. A large one lies in a file without a name, so that it takes no memory that has to be kept.
package final class Blob: @unchecked Sendable {
    // Unchecked: its maker alone appends to it; what it has counted is written, and is not written again.
    private let base: UnsafeMutableRawPointer
    private let limit: Int
    /// The file behind it; -1 for memory.
    private let file: CInt
    private let written = Atomic<Int>(0)

    package var count: Int { written.load(ordering: .acquiring) }

    /// Bodies of more than this may lie in a file.
    private static let largest = 4 << 20

    /// Room for `limit` bytes, or nil where the address space or the folder for temporary files has none.
    init?(limit: Int) {
        self.limit = Swift.max(limit, 1)
        file = limit > Self.largest ? Self.temporaryFile(limit) : -1
        if limit > Self.largest, file < 0 { return nil }
        let flags = file < 0 ? MAP_PRIVATE | MAP_ANON | MAP_NORESERVE : MAP_SHARED
        let protection = file < 0 ? PROT_READ | PROT_WRITE : PROT_READ
        guard let base = mmap(nil, self.limit, protection, flags, file, 0), base != MAP_FAILED else {
            if file >= 0 { close(file) }
            return nil
        }
        self.base = base
    }

    package init(_ bytes: [UInt8]) {
        limit = Swift.max(bytes.count, 1)
        file = -1
        let flags = MAP_PRIVATE | MAP_ANON
        guard let base = mmap(nil, limit, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            fatalError("no memory for \(bytes.count) bytes")
        }
        self.base = base
        _ = bytes.withUnsafeBytes { append($0) }
    }

    deinit {
        munmap(base, limit)
        if file >= 0 { close(file) }
    }

    /// Appends `bytes`, or returns false where they don't fit, or the disk is full.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = count
        guard bytes.count <= limit - count else { return false }
        guard let start = bytes.baseAddress else { return true }
        if file < 0 {
            (base + count).copyMemory(from: start, byteCount: bytes.count)
        } else {
            // Not through memory: a full disk would be a signal there.
            var done = 0
            while done < bytes.count {
                let wrote = pwrite(file, start + done, bytes.count - done, off_t(count + done))
                if wrote < 0, errno == EINTR { continue }
                guard wrote > 0 else { return false }
                done += wrote
            }
        }
        written.store(count + bytes.count, ordering: .releasing)
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

extension Blob {
    /// The whole of what `path` names, `-` for standard input, of at most `limit` bytes. A copy: what another program
    /// cuts off of a mapped file would be a signal.
    package static func reading(_ path: String, limit: Int) throws(SystemFile.Failure) -> Blob {
        guard let blob = Blob(limit: limit) else { throw SystemFile.Failure(description: "no room for \(path)") }
        try SystemFile.pieces(of: path) {
            blob.append($0) ? nil : "more than \(limit) bytes, or more than the disk has"
        }
        return blob
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
