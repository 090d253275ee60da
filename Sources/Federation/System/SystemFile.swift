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
        var bytes: [UInt8] = []
        try pieces(of: path) { chunk in
            bytes += chunk
            return bytes.count > limit ? "longer than \(limit) bytes" : nil
        }
        return bytes
    }

    /// Reads the file at `path`, `-` for standard input, piece by piece, until `take` says why not to go on.
    static func pieces(of path: String, _ take: (UnsafeRawBufferPointer) -> String?) throws(Failure) {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        defer { if path != "-" { close(file) } }
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return }
            let problem = chunk.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if let problem { throw Failure(description: "\(path): \(problem)") }
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

    package static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names of what the folder at `path` has, sorted; none where there is no such folder.
    package static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)).lowercased())")
    }
}
