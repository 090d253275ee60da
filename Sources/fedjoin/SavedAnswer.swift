internal import Federation
internal import Handshake
internal import Matrix

/// An answer to send_join in a file or folder, and what belongs to it.
struct SavedAnswer {
    let body: BlobFile
    /// The join that was answered.
    private(set) var file: EventFile?
    private(set) var keys: [ServerKeys] = []
    /// Those that only the resident vouched for.
    private(set) var vouchedKeys: [ServerKeys] = []
    /// Whether the person named the file that says whose answer it is. A folder may be another's: what it says leads
    /// nowhere that a remote could not lead.
    let isEventNamed: Bool

    init(_ path: String, _ given: SavedOptions, limit: Int) async throws {
        isEventNamed = given.event != nil
        body = try Self.body(path, limit)
        file = try Self.event(in: path, given)
        for file in given.keys {
            do { try await read(keys: file, .person) } catch let error as UsageError {
                throw UsageError("--keys \(error.message)", hints: error.hints, status: error.status)
            }
        }
        guard SystemFile.isFolder(path) else { return }
        for file in try Self.keyFiles(path) { try await read(keys: file, .folder) }
    }

    private static func keyFiles(_ folder: String) throws -> [String] {
        let keys = "\(folder)/keys"
        do { return try SystemFile.names(in: keys).filter { $0.hasSuffix(".json") }.map { "\(keys)/\($0)" } } catch {
            throw UsageError(error.description, status: 66)
        }
    }

    private static func body(_ path: String, _ limit: Int) throws -> BlobFile {
        let isFolder = SystemFile.isFolder(path)
        let answer = isFolder ? "\(path)/send_join.json" : path
        do { return try BlobFile(answer, namedBy: isFolder ? .folder : .person, limit: limit) } catch {
            throw SavedRun.lacksAnswer(path) ?? UsageError(error.description, status: 66)
        }
    }

    /// The join that was answered: the file that the person names, or else the folder's.
    private static func event(in path: String, _ given: SavedOptions) throws -> EventFile? {
        let version = given.version.roomVersion?.version
        if let event = given.event { return try InputFile.of("--event") { try Self.event(event, .person, version) } }
        guard SystemFile.isFolder(path), SystemFile.exists("\(path)/event.json") else { return nil }
        return try Self.event("\(path)/event.json", .folder, version)
    }

    /// Our event as it was sent, its room's version and whose answer it is, as far as the file says.
    private static func event(
        _ path: String, _ namer: SystemFile.Namer, _ version: RoomVersion?
    ) throws -> EventFile {
        try InputFile.reading(path, namedBy: namer) { value throws(FileFault) in
            let file = try EventFile(parsing: value)
            try file.checkIsJoin(version ?? file.version)
            return file
        }
    }

    /// What is not signed by its owner is refused.
    private mutating func read(keys path: String, _ namer: SystemFile.Namer) async throws {
        let bytes = try InputFile.bytes(path, namedBy: namer)
        let found: ServerKeyFile?
        do { found = try ServerKeyFile(bytes) } catch { throw InputFile.unusable(path, "it is not JSON: \(error)") }
        guard let file = found else {
            throw InputFile.unusable(path, "it has no keys: neither a list server_keys nor verify_keys")
        }
        // Each is verified, and there can be thousands.
        let read = await Spread.over(file.count, cores: System.cores) { part in
            part.map { i in Result { try Self.keys(i, file, path) } }
        }
        for (i, result) in read.joined().enumerated() {
            if file.isVouched(i) { vouchedKeys.append(try result.get()) } else { keys.append(try result.get()) }
        }
    }

    private static func keys(_ i: Int, _ file: ServerKeyFile, _ path: String) throws -> ServerKeys {
        let document: JSON
        do { document = try file.document(i) } catch { throw InputFile.unusable(path, "it is not JSON: \(error)") }
        guard let server = document["server_name"]?.text.flatMap({ ServerName($0) }) else {
            throw InputFile.unusable(path, "a document has no server_name")
        }
        do { return try ServerKeys(document, of: server) } catch {
            throw InputFile.unusable(path, "the keys of \(server) are of no use: \(error)")
        }
    }
}
