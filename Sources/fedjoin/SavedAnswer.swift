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

    init(_ path: String, event: String?, keys paths: [String], limit: Int) async throws {
        let isFolder = SystemFile.isFolder(path)
        isEventNamed = event != nil
        if isFolder { try InputFile.refuseSpecial("\(path)/send_join.json") }
        do { body = try BlobFile(isFolder ? "\(path)/send_join.json" : path, limit: limit) } catch {
            throw UsageError(error.description, status: 66)
        }
        if let event {
            file = try InputFile.of("--event") { try Self.event(event) }
        } else if isFolder, SystemFile.exists("\(path)/event.json") {
            try InputFile.refuseSpecial("\(path)/event.json")
            file = try Self.event("\(path)/event.json")
        }
        for file in paths {
            do { try await read(keys: file) } catch let error as UsageError {
                throw UsageError("--keys \(error.message)", hints: error.hints, status: error.status)
            }
        }
        for file in isFolder ? SystemFile.names(in: "\(path)/keys") : [] where file.hasSuffix(".json") {
            try InputFile.refuseSpecial("\(path)/keys/\(file)")
            try await read(keys: "\(path)/keys/\(file)")
        }
    }

    /// Our event as it was sent, its room's version and whose answer it is, as far as the file says.
    private static func event(_ path: String) throws -> EventFile {
        try InputFile.reading(path) { value throws(FileFault) in try EventFile(parsing: value) }
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
