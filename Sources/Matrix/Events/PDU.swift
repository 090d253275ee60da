/// One event as a server sent it, its format checked for its room version (each version's "Event format").
package struct PDU: Sendable {
    package let object: JSON.Object
    package let version: RoomVersion
    package let id: EventID
    package let type: Text
    /// Nil for an event that is no state event.
    package let stateKey: Text?
    package let sender: UserID
    /// The room that the event says it is in; that of a version 12 create event is made of its own id.
    package let roomID: RoomID
    package let content: JSON.Object
    /// Milliseconds since 1970, as the sender's server claims.
    package let timestamp: Int
    package let authEvents: [EventID]
    package let prevEvents: [EventID]

    /// Why an object is no event of its room version: such an event is dropped.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// "Size limits": an event has at most 65,536 bytes in canonical form with its signatures.
    package static let maximumSize = 65_536
    static let maximumIdentifier = 255

    package init(_ object: JSON.Object, _ version: RoomVersion) throws(Failure) {
        self.object = object
        self.version = version
        try Self.checkSize(object, version)
        type = try Self.text("type", of: object)
        stateKey = try object["state_key"].map { value throws(Failure) in try Self.text(value, "state_key") }
        guard let sender = UserID(try Self.text("sender", of: object)) else { throw Self.wrong("sender") }
        guard let content = object["content"]?.object else { throw Self.wrong("content") }
        guard let timestamp = object["origin_server_ts"]?.integer else { throw Self.wrong("origin_server_ts") }
        guard let depth = object["depth"]?.integer, depth >= 0 else { throw Self.wrong("depth") }
        self.sender = sender
        self.content = content
        self.timestamp = timestamp
        authEvents = try EventReferences.read(object["auth_events"], "auth_events", version)
        prevEvents = try EventReferences.read(object["prev_events"], "prev_events", version)
        guard let id = try? EventHashes.id(object, version), version.admits(id) else { throw Self.wrong("event_id") }
        self.id = id
        roomID = try Self.roomID(object, version, id: id, isCreate: type == "m.room.create")
    }

    package var isCreate: Bool { type == "m.room.create" && stateKey == "" }

    private static func checkSize(_ object: JSON.Object, _ version: RoomVersion) throws(Failure) {
        do {
            let size = try CanonicalJSON(SignedJSON.withoutUnsigned(object), numbers: version.numbers).bytes.count
            guard size <= maximumSize else {
                throw Failure(description: "it has \(size) bytes, more than \(maximumSize)")
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(description: "\(error)")
        }
    }

    /// From version 12 on the create event has no `room_id`; every other event has one in every version.
    private static func roomID(
        _ object: JSON.Object,
        _ version: RoomVersion,
        id: EventID,
        isCreate: Bool
    ) throws(Failure) -> RoomID {
        if version.namesRoomsByHash, isCreate {
            guard object["room_id"] == nil, let room = RoomID(hashOf: id) else {
                throw Failure(description: "a create event of room version \(version.id) has no room_id")
            }
            return room
        }
        guard let room = RoomID(try text("room_id", of: object)) else { throw wrong("room_id") }
        return room
    }

    private static func text(_ key: Text, of object: JSON.Object) throws(Failure) -> Text {
        guard let value = object[key] else { throw Failure(description: "\(key) is missing") }
        return try text(value, key)
    }

    private static func text(_ value: JSON, _ key: Text) throws(Failure) -> Text {
        guard let text = value.text, text.count <= maximumIdentifier else { throw wrong(key) }
        return text
    }

    private static func wrong(_ key: Text) -> Failure { Failure(description: "\(key) is missing or of wrong form") }
}

extension RoomID {
    /// The room that a create event of version 12 makes: its id with `!` for `$`.
    package init?(hashOf create: EventID) {
        self.init(Text("!" + String(create.text.string.unicodeScalars.dropFirst())))
    }
}
