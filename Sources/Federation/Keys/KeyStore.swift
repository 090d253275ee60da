package import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Our key on disk: made once, 0600, never overwritten, and refused where all could read it or a group write it.
package enum KeyStore {
    package struct Failure: Error, Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// Others than its owner and group may read it, or others than its owner write it.
            case permissions
            case cannotOpen
            case malformed
            case exists
            case cannotWrite
        }
        package let kind: Kind
        package let description: String
    }

    /// Reads the key at `path`, a regular file that others than its owner and group may not read.
    package static func load(_ path: String) throws(Failure) -> SigningKey {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(.cannotOpen, path) }
        defer { close(file) }
        try check(file, path)
        var bytes = [UInt8](repeating: 0, count: 4097)
        let count = read(file, &bytes, bytes.count)
        defer { bytes.withUnsafeMutableBytes { wipe($0) } }
        guard count >= 0 else { throw failure(.cannotOpen, path) }
        do { return try KeyFile.parse(Array(bytes[..<count])) } catch {
            throw Failure(kind: .malformed, description: "\(path): \(error)")
        }
    }

    /// Makes a key of `version` and keeps it at `path`, folders above it included; a file that is there is left alone.
    ///
    /// Losing a key or replacing it under the same id makes a server name useless where the old key was seen, so the
    /// file is written beside its place, synced, and linked there only where nothing stands.
    package static func create(_ path: String, version: Text) throws(Failure) -> SigningKey {
        var seed = RandomText.seed()
        var text = KeyFile.text(version: version, seed: seed)
        defer {
            seed.withUnsafeMutableBytes { wipe($0) }
            text.withUnsafeMutableBytes { wipe($0) }
        }
        guard let id = KeyID(Text("ed25519:\(version)")), let key = SigningKey(id: id, seed: seed) else {
            throw Failure(kind: .malformed, description: "a key version has only letters, digits and _")
        }
        let folder = Self.folder(of: path)
        makeFolders(folder)
        let draft = "\(path).\(RandomText.make(8)).tmp"
        defer { unlink(draft) }
        try write(text, to: draft, for: path)
        guard link(draft, path) == 0 else { throw failure(errno == EEXIST ? .exists : .cannotWrite, path) }
        sync(folder)
        return key
    }

    private static func check(_ file: CInt, _ path: String) throws(Failure) {
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw failure(.cannotOpen, path) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw Failure(kind: .cannotOpen, description: "\(path) is not a regular file")
        }
        // Who owns it may change it at any time. Root's files are root's to give, and root reads everybody's.
        guard facts.st_uid == geteuid() || facts.st_uid == 0 || geteuid() == 0 else {
            throw Failure(kind: .permissions, description: "\(path) belongs to another user")
        }
        // Synapse makes its key files 0640, so that the group that runs it may read them: that much is taken.
        guard facts.st_mode & 0o027 == 0 else {
            let mode = String(facts.st_mode & 0o777, radix: 8)
            throw Failure(kind: .permissions, description: "\(path) can be read or written by others (mode 0\(mode))")
        }
    }

    /// What goes wrong is told of `path`, the file that was asked for.
    private static func write(_ bytes: [UInt8], to draft: String, for path: String) throws(Failure) {
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(.cannotWrite, path) }
        defer { close(file) }
        guard SystemFile.writeAll(bytes, to: file), fsync(file) == 0 else { throw failure(.cannotWrite, path) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes each missing folder of `path`, 0700; what cannot be made shows when the file is opened.
    private static func makeFolders(_ path: String) {
        for (i, character) in path.enumerated() where i > 0 && character == "/" {
            mkdir(String(path.prefix(i)), 0o700)
        }
        mkdir(path, 0o700)
    }

    private static func sync(_ folder: String) {
        let file = open(folder, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }

    private static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        #if canImport(Glibc)
        explicit_bzero(start, bytes.count)
        #else
        memset_s(start, bytes.count, 0, bytes.count)
        #endif
    }

    private static func failure(_ kind: Failure.Kind, _ path: String) -> Failure {
        Failure(kind: kind, description: "\(path): \(String(cString: strerror(errno)).lowercased())")
    }
}
