internal import Federation
internal import Handshake
internal import Matrix

/// An answer to send_join in a file or folder, and what belongs to it.
struct SavedAnswer {
    let body: BlobFile
    /// The join that was answered.
    private(set) var file: EventFile?
    private(set) var keys: [ServerKeys] = []

    init(_ path: String, event: String?, keys paths: [String], limit: Int) async throws {
        let isFolder = SystemFile.isFolder(path)
        if isFolder { try Self.refuseSpecial("\(path)/send_join.json") }
        do { body = try BlobFile(isFolder ? "\(path)/send_join.json" : path, limit: limit) } catch {
            throw UsageError(error.description, status: 66)
        }
        if let event {
            do { try read(event: event) } catch let error as UsageError {
                throw UsageError("--event \(error.message)", status: error.status)
            }
        } else if isFolder, SystemFile.exists("\(path)/event.json") {
            try Self.refuseSpecial("\(path)/event.json")
            try read(event: "\(path)/event.json")
        }
        for file in paths {
            do { try await read(keys: file) } catch let error as UsageError {
                throw UsageError("--keys \(error.message)", status: error.status)
            }
        }
        for file in isFolder ? SystemFile.names(in: "\(path)/keys") : [] where file.hasSuffix(".json") {
            try Self.refuseSpecial("\(path)/keys/\(file)")
            try await read(keys: "\(path)/keys/\(file)")
        }
    }

    /// A pipe that the person names is read; one that lies in the folder was named by nobody.
    private static func refuseSpecial(_ path: String) throws {
        guard !SystemFile.isSpecial(path) else { throw UsageError("\(path): is no file", status: 66) }
    }

    /// Our event as it was sent, its room's version and whose answer it is, as far as the file says.
    private mutating func read(event path: String) throws {
        file = try InputFile.reading(path) { value throws(FileFault) in try EventFile(parsing: value) }
    }

    /// `{"server_keys": […]}`, or one server's document alone. What is not signed by its owner is refused.
    private mutating func read(keys path: String) async throws {
        let value = try InputFile.json(path)
        guard let documents = value["server_keys"]?.array ?? (value["verify_keys"] == nil ? nil : [value]) else {
            throw InputFile.unusable(path, "it has no keys: neither a list server_keys nor verify_keys")
        }
        // Each is verified, and there can be thousands.
        let read = await Spread.over(documents.count, cores: System.cores) { part in
            part.map { i in Result { try Self.keys(documents[i], path) } }
        }
        keys += try read.joined().map { try $0.get() }
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
