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
