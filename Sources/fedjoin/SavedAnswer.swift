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
            do { try await read(keys: file) } catch let error as UsageError {
                throw UsageError("--keys \(error.message)", hints: error.hints, status: error.status)
            }
        }
        for file in SystemFile.isFolder(path) ? SystemFile.names(in: "\(path)/keys") : [] where file.hasSuffix(".json")
        {
            try InputFile.refuseSpecial("\(path)/keys/\(file)")
            try await read(keys: "\(path)/keys/\(file)")
        }
    }

    private static func body(_ path: String, _ limit: Int) throws -> BlobFile {
        let isFolder = SystemFile.isFolder(path)
        if isFolder { try InputFile.refuseSpecial("\(path)/send_join.json") }
        do { return try BlobFile(isFolder ? "\(path)/send_join.json" : path, limit: limit) } catch {
            throw SavedRun.lacksAnswer(path) ?? UsageError(error.description, status: 66)
        }
    }

    /// The join that was answered: the file that the person names, or else the folder's.
    private static func event(in path: String, _ given: SavedOptions) throws -> EventFile? {
        let version = given.version.roomVersion?.version
        if let event = given.event { return try InputFile.of("--event") { try Self.event(event, version) } }
        guard SystemFile.isFolder(path), SystemFile.exists("\(path)/event.json") else { return nil }
        try InputFile.refuseSpecial("\(path)/event.json")
        return try Self.event("\(path)/event.json", version)
    }

    /// Our event as it was sent, its room's version and whose answer it is, as far as the file says.
    private static func event(_ path: String, _ version: RoomVersion?) throws -> EventFile {
        try InputFile.reading(path) { value throws(FileFault) in
            let file = try EventFile(parsing: value)
            try file.checkIsJoin(version ?? file.version)
            return file
        }
    }

    /// What is not signed by its owner is refused.
    private mutating func read(keys path: String) async throws {
        guard let file = ServerKeyFile(try InputFile.json(path)) else {
            throw InputFile.unusable(path, "it has no keys: neither a list server_keys nor verify_keys")
        }
        // Each is verified, and there can be thousands.
        let documents = file.documents
        let read = await Spread.over(documents.count, cores: System.cores) { part in
            part.map { i in Result { try Self.keys(documents[i].document, path) } }
        }
        for (result, document) in zip(read.joined(), documents) {
            if document.isVouched { vouchedKeys.append(try result.get()) } else { keys.append(try result.get()) }
        }
    }

    private static func keys(_ document: JSON, _ path: String) throws -> ServerKeys {
        guard let server = document["server_name"]?.text.flatMap({ ServerName($0) }) else {
            throw InputFile.unusable(path, "a document has no server_name")
        }
        do { return try ServerKeys(document, of: server) } catch {
            throw InputFile.unusable(path, "the keys of \(server) are of no use: \(error)")
        }
    }
}
