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
    /// How many events one may name (each version's "Event format").
    static let mostAuthEvents = 10
    static let mostPrevEvents = 20
    /// What is read at all: every byte may be escaped as six, and `unsigned` holds other events. Of hostile text each
    /// byte takes many of memory.
    package static let longestText = 2 << 20

    package static func tooLong(_ count: Int) -> Failure {
        Failure(description: "it has \(count) bytes, more than an event can have")
    }

    package init(_ object: JSON.Object, _ version: RoomVersion) throws(Failure) {
        let bytes = JSON.object(object).compact
        var reader = EventReader(version)
        let facts = try reader.read(bytes.span)
        self.object = object
        self.version = version
        id = facts.id
        type = facts.type
        stateKey = facts.stateKey
        sender = facts.sender
        roomID = facts.roomID
        content = object["content"]?.object ?? JSON.Object()
        timestamp = facts.timestamp
        authEvents = try EventReferences.read(object["auth_events"], "auth_events", version)
        prevEvents = try EventReferences.read(object["prev_events"], "prev_events", version)
    }

    package var isCreate: Bool { type == "m.room.create" && stateKey == "" }
}

extension RoomID {
    /// The room that a create event of version 12 makes: its id with `!` for `$`.
    package init?(hashOf create: EventID) {
        self.init(Text("!" + String(create.text.string.unicodeScalars.dropFirst())))
    }
}
