#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A file, or what a pipe gives, on its way into a blob: a large file stays where it is, and of all else a copy is made.
package final class BlobFile: Sendable {
    private let path: String
    private let file: CInt
    private let blob: Blob
    private let limit: Int
    private let inPlace: FileInPlace?
    /// How many bytes there are to read.
    package let count: Int

    /// Opens what `path` names, `-` for standard input, of at most `limit` bytes. What is no file is read at once, since
    /// nothing is known of it before.
    package init(
        _ path: String, namedBy namer: SystemFile.Namer = .person, limit: Int
    ) throws(SystemFile.Failure) {
        guard var blob = Blob(limit: limit) else { throw SystemFile.Failure(description: "no room for \(path)") }
        let file = try SystemFile.input(path, namedBy: namer)
        var inPlace: FileInPlace?
        var facts = stat()
        if fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG {
            // Of standard input something may have been read already.
            if Int(facts.st_size) > Blob.largest, path != "-" { inPlace = FileInPlace(file, path) }
            count = inPlace?.count ?? Int(facts.st_size)
            guard count <= limit else {
                SystemFile.endInput(file, path)
                throw SystemFile.Failure(description: "\(path): \(Self.tooLong(limit))")
            }
            if let inPlace { blob = Blob(inPlace) }
        } else {
            do throws(SystemFile.Failure) { try Self.read(path, file, into: blob, limit: limit) { _ in } } catch {
                SystemFile.endInput(file, path)
                throw error
            }
            count = blob.count
        }
        self.path = path
        self.file = file
        self.blob = blob
        self.limit = limit
        self.inPlace = inPlace
    }

    deinit { SystemFile.endInput(file, path) }

    /// Whether it is standard input.
    package var isInput: Bool { path == "-" }

    /// What was read of it so far.
    package var arrived: Blob { blob }

    /// Its bytes, once; `arrived` is called while they come.
    package func read(_ arrived: (Blob) -> Void = { _ in }) throws(SystemFile.Failure) -> Blob {
        guard inPlace != nil else {
            try Self.read(path, file, into: blob, limit: limit, arrived)
            return blob
        }
        while blob.count < count {
            blob.reach(blob.count + Self.pieceSize)
            arrived(blob)
        }
        try check()
        return blob
    }

    private static let pieceSize = 1 << 17

    /// Throws where the file became another since it was opened, or some of it could not be read.
    package func check() throws(SystemFile.Failure) { try inPlace?.check() }

    fileprivate static func read(
        _ path: String, _ file: CInt, into blob: Blob, limit: Int, _ arrived: (Blob) -> Void
    ) throws(SystemFile.Failure) {
        try SystemFile.pieces(of: path, file) {
            guard blob.append($0) else { return tooLong(limit) }
            arrived(blob)
            return nil
        }
    }

    private static func tooLong(_ limit: Int) -> String {
        "more than \(limit) bytes, or more than the disk has"
    }
}

extension Blob {
    /// A copy of the whole of what `path` names, of at most `limit` bytes.
    package static func reading(
        _ path: String, namedBy namer: SystemFile.Namer = .person, limit: Int
    ) throws(SystemFile.Failure) -> Blob {
        guard let blob = Blob(limit: limit) else { throw SystemFile.Failure(description: "no room for \(path)") }
        let file = try SystemFile.input(path, namedBy: namer)
        defer { SystemFile.endInput(file, path) }
        try BlobFile.read(path, file, into: blob, limit: limit) { _ in }
        return blob
    }
}
