package import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The folder that a web server serves: into it go the files with which any web server plays our half.
package struct WebRoot: Sendable {
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    private let path: String

    /// Fails where there is no such folder: one that is made by mistake is served by nobody.
    package init(_ path: String) throws(Failure) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw Self.failure(path) }
        guard facts.st_mode & S_IFMT == S_IFDIR else { throw Failure(description: "\(path) is not a folder") }
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Writes `bytes` beside their place and renames them there, 0644, so that a server never reads half a file.
    package func write(_ bytes: [UInt8], to target: String) throws(Failure) -> String {
        let place = path + target
        try makeFolders(above: target)
        let draft = "\(place).\(RandomText.make(8)).tmp"
        defer { unlink(draft) }
        try create(draft, bytes, for: place)
        guard rename(draft, place) == 0 else { throw Self.failure(place) }
        return place
    }

    private func create(_ draft: String, _ bytes: [UInt8], for place: String) throws(Failure) {
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure(place) }
        defer { close(file) }
        guard SystemFile.writeAll(bytes, to: file), fchmod(file, 0o644) == 0, fsync(file) == 0 else {
            throw Self.failure(place)
        }
    }

    /// Those that we make are for all to read, whatever the umask; those that are there stay as they are.
    private func makeFolders(above target: String) throws(Failure) {
        var folder = path
        for name in target.split(separator: "/").dropLast() {
            folder += "/\(name)"
            if mkdir(folder, 0o755) == 0 {
                chmod(folder, 0o755)
                continue
            }
            guard errno == EEXIST else { throw Self.failure(folder) }
            // Whoever may write in the folder could have us write anywhere.
            var facts = stat()
            guard lstat(folder, &facts) == 0 else { throw Self.failure(folder) }
            guard facts.st_mode & S_IFMT != S_IFLNK else {
                throw Failure(description: "\(folder) is a symbolic link, which may lead out of the folder")
            }
        }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)).lowercased())")
    }
}

/// What any web server has to serve for other servers to find us and fetch our key.
package struct StaticKey: Sendable {
    /// A document and the target at which it is due.
    package struct Page: Sendable, Hashable {
        package let target: String
        /// Where others ask for it.
        package let url: String
        package let bytes: [UInt8]
    }

    package let pages: [Page]
    package let validUntil: Int

    /// `delegate` is where well-known leads; without it a name without a port leads to its own port 443.
    ///
    /// A name with a port, or an address, has no well-known file: nobody would ask for it (rules 1 and 2).
    package init(_ identity: Identity, delegate: ServerName?, validUntil: Int) throws(CanonicalJSON.Failure) {
        let server = identity.server
        let key = try OwnKeyDocument(server: server, key: identity.key, validUntil: validUntil).bytes
        let delegation = Self.asksWellKnown(server) ? delegate?.text ?? Text("\(server.urlHost):443") : nil
        let place = delegation.flatMap { ServerName($0) } ?? server
        let base = "https://\(place.urlHost):\(place.port ?? 8448)"
        let version: JSON = ["server": ["name": .string(Text(Tool.name)), "version": .string(Text(Tool.version))]]
        func page(_ target: String, at base: String, _ bytes: [UInt8]) -> Page {
            Page(target: target, url: base + target, bytes: bytes)
        }
        var pages = [page("/_matrix/key/v2/server", at: base, key)]
        if let delegation {
            let document: JSON = ["m.server": .string(delegation)]
            pages.append(page("/.well-known/matrix/server", at: "https://\(server.urlHost)", document.compact))
        }
        pages.append(page("/_matrix/federation/v1/version", at: base, version.compact))
        self.pages = pages
        self.validUntil = validUntil
    }

    /// Whether others look for a well-known file of `server`.
    package static func asksWellKnown(_ server: ServerName) -> Bool { server.port == nil && !server.isIPLiteral }
}
