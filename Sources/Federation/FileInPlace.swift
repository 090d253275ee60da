internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A regular file whose bytes are read each time that they are asked for, and stay where they are: to copy a large one
/// takes longer than to look at it, and what another program cuts off of a mapped one is a signal.
final class FileInPlace: Sendable {
    private let file: CInt
    /// How many bytes it had when it was opened.
    let count: Int
    private let path: String
    private let opened: State
    private let isCut = Atomic<Bool>(false)
    private let error = Atomic<CInt>(0)
    /// Where most of what is asked for is read to, again and again: memory that is in the processor's caches.
    private let buffers = Pool<Buffer>()

    private final class Buffer: Sendable {
        static let size = 1 << 18
        // Of one task at a time, as the pool gives it.
        nonisolated(unsafe) let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)

        deinit { bytes.deallocate() }
    }

    /// What another program changes that writes to it or cuts it off; by its name it may become another's meanwhile.
    private struct State: Equatable {
        let size: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ file: CInt) {
            var facts = stat()
            guard fstat(file, &facts) == 0 else { return nil }
            #if canImport(Glibc)
            let time = facts.st_mtim
            #else
            let time = facts.st_mtimespec
            #endif
            (size, seconds, nanoseconds) = (Int(facts.st_size), time.tv_sec, time.tv_nsec)
        }
    }

    /// What `file` is open on, which `path` named; nil where it cannot be kept open.
    init?(_ file: CInt, _ path: String) {
        guard let opened = State(file) else { return nil }
        let own = fcntl(file, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { return nil }
        self.file = own
        self.path = path
        self.opened = opened
        count = opened.size
    }

    deinit { close(file) }

    /// Calls `body` with its bytes in `range`, and with zeros where there are none any more, which `check` tells.
    func withBytes<R>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        func look(_ buffer: UnsafeMutableRawBufferPointer) throws -> R {
            read(into: buffer, from: range.lowerBound)
            return try body(UnsafeRawBufferPointer(buffer))
        }
        guard range.count <= Buffer.size else {
            return try withUnsafeTemporaryAllocation(byteCount: range.count, alignment: 16, look)
        }
        return try buffers.with(or: Buffer()) {
            try look(UnsafeMutableRawBufferPointer(rebasing: $0.bytes[..<range.count]))
        }
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer, from start: Int) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(file, rest.baseAddress, rest.count, off_t(start + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if count < 0 { error.store(errno, ordering: .relaxed) } else { isCut.store(true, ordering: .relaxed) }
                _ = rest.initializeMemory(as: UInt8.self, repeating: 0)
                return
            }
            done += count
        }
    }

    /// Whether all that was read of it was one file's, and none of it failed.
    func check() throws(SystemFile.Failure) {
        let error = error.load(ordering: .relaxed)
        guard error == 0 else {
            errno = error
            throw SystemFile.failure(path)
        }
        guard !isCut.load(ordering: .relaxed), State(file) == opened else {
            throw SystemFile.Failure(description: "\(path): was changed while it was read")
        }
    }
}
