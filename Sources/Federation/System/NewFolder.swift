#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A folder that was not there or was empty, for new files: it is ours alone to read, and so are they.
///
/// Nothing in it is ever overwritten, and no link is followed.
package final class NewFolder: Sendable {
    package let path: String
    private let folder: CInt
    private let isOurs: Bool

    /// Fails where the folder cannot be made, has something in it, or can be read by others and is not ours.
    package init(_ path: String) throws(SystemFile.Failure) {
        isOurs = mkdir(path, 0o700) == 0
        if !isOurs, errno != EEXIST { throw SystemFile.failure(path) }
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.path = path
        guard folder >= 0 else { throw SystemFile.failure(path) }
        guard SystemFile.isEmptyFolder(path) else {
            throw SystemFile.Failure(description: "\(path): the folder has something in it", isOfFullFolder: true)
        }
        try makePrivate()
    }

    /// Lets nobody else into a folder that was there.
    private func makePrivate() throws(SystemFile.Failure) {
        var facts = stat()
        guard fstat(folder, &facts) == 0 else { throw SystemFile.failure(path) }
        guard facts.st_mode & 0o077 != 0 else { return }
        guard facts.st_uid == geteuid() else {
            throw SystemFile.Failure(description: "\(path): others can read the folder, and it is not ours to change")
        }
        guard fchmod(folder, 0o700) == 0 else { throw SystemFile.failure(path) }
    }

    deinit { if folder >= 0 { close(folder) } }

    /// A new file, to be written to; `name` may be in a folder below, which is made.
    package func make(_ name: String) throws(SystemFile.Failure) -> NewFile {
        if let slash = name.firstIndex(of: "/") { mkdirat(folder, String(name[..<slash]), 0o700) }
        let file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemFile.failure("\(path)/\(name)") }
        return NewFile(file, path: "\(path)/\(name)")
    }

    /// A new file with these bytes, which is there whole or not at all, also after the machine has stopped.
    package func write(_ bytes: [UInt8], whole name: String) throws(SystemFile.Failure) {
        let unfinished = ".\(name)"
        let file = try make(unfinished)
        // Where it has its name by then, there is nothing to take away.
        defer { unlinkat(folder, unfinished, 0) }
        try file.write(bytes)
        try file.sync()
        guard faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 else {
            errno = EEXIST
            throw SystemFile.failure("\(path)/\(name)")
        }
        guard renameat(folder, unfinished, folder, name) == 0 else { throw SystemFile.failure("\(path)/\(name)") }
        try sync()
    }

    /// Takes a file away that was made here, and the folder, where it was made here, too.
    package func discard(_ name: String) {
        unlinkat(folder, name, 0)
        if isOurs { rmdir(path) }
    }

    /// Sees that the files of the folder itself are found again after the machine has stopped.
    package func sync() throws(SystemFile.Failure) {
        guard fsync(folder) == 0 else { throw SystemFile.failure(path) }
    }
}

/// A file that was made just now.
package final class NewFile: Sendable {
    private let file: CInt
    private let path: String

    fileprivate init(_ file: CInt, path: String) {
        self.file = file
        self.path = path
    }

    deinit { close(file) }

    package func write(_ bytes: [UInt8]) throws(SystemFile.Failure) {
        guard SystemFile.writeAll(bytes, to: file) else { throw SystemFile.failure(path) }
    }

    package func write(_ blob: Blob) throws(SystemFile.Failure) {
        for piece in blob.pieces { try write(blob[piece]) }
    }

    /// Sees that what was written is there after the machine has stopped.
    package func sync() throws(SystemFile.Failure) {
        guard fsync(file) == 0 else { throw SystemFile.failure(path) }
    }
}

extension SystemFile {
    fileprivate static func isEmptyFolder(_ path: String) -> Bool {
        guard let folder = opendir(path) else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { return false }
        }
        return true
    }
}

extension Blob {
    /// Its bytes in ranges of a size that is copied without harm.
    package var pieces: [Range<Int>] {
        let size = 1 << 20
        return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }
}
