internal import Federation
internal import Matrix

/// An answer to send_join in a file or folder, and what belongs to it.
struct SavedAnswer {
    let body: Blob
    private(set) var event: JSON.Object?
    private(set) var resident: ServerName?
    private(set) var keys: [ServerKeys] = []
    private var versionOfEvent: Text?

    private static let largestFile = 64 << 20

    init(_ path: String, event: String?, keys paths: [String], limit: Int) throws {
        let isFolder = SystemFile.isFolder(path)
        if isFolder { try Self.refuseSpecial("\(path)/send_join.json") }
        do { body = try Blob.reading(isFolder ? "\(path)/send_join.json" : path, limit: limit) } catch {
            throw UsageError(error.description, status: 66)
        }
        if let event {
            try Self.naming("--event") { try read(event: event) }
        } else if isFolder, SystemFile.exists("\(path)/event.json") {
            try Self.refuseSpecial("\(path)/event.json")
            try read(event: "\(path)/event.json")
        }
        for file in paths { try Self.naming("--keys") { try read(keys: file) } }
        for file in isFolder ? SystemFile.names(in: "\(path)/keys") : [] where file.hasSuffix(".json") {
            try Self.refuseSpecial("\(path)/keys/\(file)")
            try read(keys: "\(path)/keys/\(file)")
        }
    }

    /// A pipe that the person names is read; one that lies in the folder was named by nobody.
    private static func refuseSpecial(_ path: String) throws {
        guard !SystemFile.isSpecial(path) else { throw UsageError("\(path): is no file", status: 66) }
    }

    /// Says of a file that is of no use which option named it.
    private static func naming(_ option: String, _ read: () throws -> Void) throws {
        do { try read() } catch let error as UsageError {
            throw UsageError("\(option) \(error.message)", status: error.status)
        }
    }

    /// The version that the person gave, or else the event's file.
    func version(_ given: String?) throws -> RoomVersion? {
        guard let text = given.map({ Text($0) }) ?? versionOfEvent else { return nil }
        guard let version = RoomVersion.named(text) else {
            throw UsageError("\(Quoting.quoted(text)) is no room version that is known here: 1 to 12 are")
        }
        return version
    }

    /// `{"event": …, "room_version": …, "resident": …}`, or the event alone.
    private mutating func read(event path: String) throws {
        guard let object = try Self.json(path).object else {
            throw Self.unusable(path, "it is no join: not an object")
        }
        guard object["event"] != nil else {
            event = object
            return
        }
        guard let inner = object["event"]?.object else { throw Self.unusable(path, "its event is not an object") }
        event = inner
        versionOfEvent = object["room_version"]?.text
        resident = object["resident"]?.text.flatMap { ServerName($0) }
    }

    /// `{"server_keys": […]}`, or one server's document alone. What is not signed by its owner is refused.
    private mutating func read(keys path: String) throws {
        let value = try Self.json(path)
        guard let documents = value["server_keys"]?.array ?? (value["verify_keys"] == nil ? nil : [value]) else {
            throw Self.unusable(path, "it has no keys: neither a list server_keys nor verify_keys")
        }
        for document in documents {
            guard let server = document["server_name"]?.text.flatMap({ ServerName($0) }) else {
                throw Self.unusable(path, "a document has no server_name")
            }
            do { keys.append(try ServerKeys(document, of: server)) } catch {
                throw Self.unusable(path, "the keys of \(server) are of no use: \(error)")
            }
        }
    }

    private static func json(_ path: String) throws -> JSON {
        let bytes: [UInt8]
        do { bytes = try SystemFile.readAll(path, limit: largestFile) } catch {
            throw UsageError(error.description, status: 66)
        }
        do { return try JSON(parsing: bytes) } catch { throw unusable(path, "it is not JSON: \(error)") }
    }

    private static func unusable(_ path: String, _ problem: String) -> UsageError {
        UsageError("\(path): \(problem)", status: 65)
    }
}
