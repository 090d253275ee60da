#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Files and descriptors, without Foundation.
package enum SystemFile {
    /// Why a file could not be read or written, in the system's words.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Writes all of `bytes`, or returns false at the first error, which `errno` then names.
    package static func writeAll(_ bytes: [UInt8], to file: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The whole of the file at `path`, of at most `limit` bytes.
    package static func readAll(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw Failure(description: "\(path): longer than \(limit) bytes") }
        }
    }

    /// Writes a file that anybody may read. A new one takes the place of another only where `replaces` says so, and never
    /// of what a link leads to.
    package static func save(_ bytes: [UInt8], to path: String, replaces: Bool) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (replaces ? O_TRUNC : O_EXCL), 0o644)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        guard writeAll(bytes, to: file) else { throw failure(path) }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)).lowercased())")
    }
}
