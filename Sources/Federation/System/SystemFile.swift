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
        /// Whether what was found in a folder is no file.
        package var isNoFile = false
        /// Whether it is only that a folder is not empty.
        package var isOfFullFolder = false
    }

    /// Who chose the name of a file that is to be read.
    package enum Namer: Sendable {
        /// A pipe that the person names is read, and a link followed.
        case person
        /// It lies in a folder that may be anybody's, and nobody named it: a pipe could be waited for for ever, and a link
        /// leads to what its maker wants to see shown.
        case folder
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
    package static func readAll(
        _ path: String, namedBy namer: Namer = .person, limit: Int
    ) throws(Failure) -> [UInt8] {
        let file = try input(path, namedBy: namer)
        defer { endInput(file, path) }
        var bytes: [UInt8] = []
        try pieces(of: path, file) { chunk in
            bytes += chunk
            return bytes.count > limit ? "longer than \(limit) bytes" : nil
        }
        return bytes
    }

    /// Opens what `path` names for reading, `-` for standard input where a person named it.
    static func input(_ path: String, namedBy namer: Namer) throws(Failure) -> CInt {
        guard namer == .person else { return try plainInput(path) }
        guard path != "-" else { return STDIN_FILENO }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        return file
    }

    /// Opens what lies at `path` itself, and looks at what was opened: by its name it could be another thing by then.
    private static func plainInput(_ path: String) throws(Failure) -> CInt {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            // Of a link, and of a socket or a device that nothing is behind.
            throw [ELOOP, ENXIO].contains(errno) ? noFile(path) : failure(path)
        }
        var facts = stat()
        // A folder is refused where it is read, in the system's words.
        guard fstat(file, &facts) == 0, [S_IFREG, S_IFDIR].contains(facts.st_mode & S_IFMT) else {
            close(file)
            throw noFile(path)
        }
        return file
    }

    private static func noFile(_ path: String) -> Failure {
        Failure(description: "\(path): is no file", isNoFile: true)
    }

    static func endInput(_ file: CInt, _ path: String) { if path != "-" { close(file) } }

    /// Reads `file`, which `path` named, piece by piece, until `take` says why not to go on.
    static func pieces(
        of path: String, _ file: CInt, _ take: (UnsafeRawBufferPointer) -> String?
    ) throws(Failure) {
        // Not set to zero: of most files little more than the first page of it is used.
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try piece(of: path, file, into: chunk)
            if count == 0 { return }
            let problem = take(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            if let problem { throw Failure(description: "\(path): \(problem)") }
        }
    }

    /// Reads as much of `file` as there is at once and has room in `chunk`; 0 is its end.
    static func piece(
        of path: String, _ file: CInt, into chunk: UnsafeMutableRawBufferPointer
    ) throws(Failure) -> Int {
        while true {
            let count = read(file, chunk.baseAddress, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            return count
        }
    }

    /// Writes a file that anybody may read, or `isPrivate`. A new one takes the place of another only where `replaces`
    /// says so, and never of what a link leads to.
    package static func save(_ bytes: [UInt8], to path: String, replaces: Bool, isPrivate: Bool = false) throws(Failure)
    {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (replaces ? O_TRUNC : O_EXCL)
        let file = open(path, flags, isPrivate ? 0o600 : 0o644)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        guard writeAll(bytes, to: file), !isPrivate || fsync(file) == 0 else {
            let failure = failure(path)
            // Half a file would be taken for the whole.
            if isPrivate { unlink(path) }
            throw failure
        }
    }

    /// Why no file could be put at `path` by `saveWhole`, as far as can be told before.
    package static func checkPlace(_ path: String) throws(Failure) {
        guard !isFolder(path) else { throw Failure(description: "\(path): is a directory") }
        guard let place = place(of: path) else {
            guard access(path, W_OK) == 0 else { throw failure(path) }
            return
        }
        let beside = try makeBeside(place, named: path)
        close(beside.file)
        unlink(beside.path)
    }

    /// Writes a file whole or not at all: beside its place, and then put there in place of what is there.
    ///
    /// What is no regular file, such as a pipe, is written to.
    package static func saveWhole(_ bytes: [UInt8], to path: String) throws(Failure) {
        guard let place = place(of: path) else {
            let file = open(path, O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { throw failure(path) }
            defer { close(file) }
            guard writeAll(bytes, to: file) else { throw failure(path) }
            return
        }
        let beside = try makeBeside(place, named: path)
        let isWritten = writeAll(bytes, to: beside.file) && fsync(beside.file) == 0
        let reason = errno
        close(beside.file)
        guard isWritten, rename(beside.path, place) == 0 else {
            if !isWritten { errno = reason }
            let failure = failure(path)
            unlink(beside.path)
            throw failure
        }
    }

    /// Whether a file at `path` would lie in `folder` or below, links followed.
    package static func isInside(_ path: String, of folder: String) -> Bool {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let parent = real(parent), let folder = real(folder) else { return false }
        return parent == folder || parent.hasPrefix(folder + "/")
    }

    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Where a file at `path` lies, links followed; nil for what is there and is no regular file.
    private static func place(of path: String) -> String? {
        if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") { return nil }
        var facts = stat()
        guard stat(path, &facts) == 0 else { return path }
        guard facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return real(path)
    }

    private static func makeBeside(
        _ place: String, named path: String
    ) throws(Failure) -> (file: CInt, path: String) {
        let beside = "\(place).\(RandomText.make(8))"
        let file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard file >= 0 else { throw failure(path) }
        return (file, beside)
    }

    package static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names of what the folder at `path` has, sorted; none where there is nothing of that name. Where a link leads is
    /// not gone into.
    package static func names(in path: String) throws(Failure) -> [String] {
        let opened = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if opened < 0, errno == ENOENT { return [] }
        guard opened >= 0 else {
            throw [ELOOP, ENOTDIR].contains(errno) ? Failure(description: "\(path): is no folder") : failure(path)
        }
        guard let folder = fdopendir(opened) else {
            defer { close(opened) }
            throw failure(path)
        }
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
