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

    init(_ path: String, event: String?, keys paths: [String], limit: Int) async throws {
        let isFolder = SystemFile.isFolder(path)
        let answer = isFolder ? "\(path)/send_join.json" : path
        do { body = try BlobFile(answer, namedBy: isFolder ? .folder : .person, limit: limit) } catch {
            throw UsageError(error.description, status: 66)
        }
        if let event {
            do { try read(event: event, .person) } catch let error as UsageError {
                throw UsageError("--event \(error.message)", status: error.status)
            }
        } else if isFolder, SystemFile.exists("\(path)/event.json") {
            try read(event: "\(path)/event.json", .folder)
        }
        for file in paths {
            do { try await read(keys: file, .person) } catch let error as UsageError {
                throw UsageError("--keys \(error.message)", status: error.status)
            }
        }
        for file in isFolder ? SystemFile.names(in: "\(path)/keys") : [] where file.hasSuffix(".json") {
            try await read(keys: "\(path)/keys/\(file)", .folder)
        }
    }

    /// Our event as it was sent, its room's version and whose answer it is, as far as the file says.
    private mutating func read(event path: String, _ namer: SystemFile.Namer) throws {
        file = try InputFile.reading(path, namedBy: namer) { value throws(FileFault) in try EventFile(parsing: value) }
    }

    /// What is not signed by its owner is refused.
    private mutating func read(keys path: String, _ namer: SystemFile.Namer) async throws {
        guard let file = ServerKeyFile(try InputFile.json(path, namedBy: namer)) else {
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
