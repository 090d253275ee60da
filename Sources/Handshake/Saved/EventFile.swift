package import Federation
package import Matrix

/// Why a file that holds JSON is not what it is to be; the sentence goes after its name.
package struct FileFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A signed event as it is kept in a file, and what it does not say itself: what `sign` prints and `send-join` takes.
///
/// `{"event", "event_id", "room_id", "room_version", "resident"}`, or the event alone.
package struct EventFile: Sendable {
    package let event: JSON.Object
    /// Of the room, as the file says; nil where it does not, of which the form of versions 1 and 2 is no fault.
    package var version: RoomVersion?
    /// The server whose template it was made of.
    package let resident: ServerName?
    private let eventID: Text?
    private let roomID: Text?

    package init(_ signed: SignedMembership, resident: ServerName?) {
        event = signed.pdu.object
        version = signed.template.statesVersion ? signed.template.version : nil
        self.resident = resident
        eventID = signed.id.text
        roomID = signed.pdu.roomID.text
    }

    package init(parsing value: JSON) throws(FileFault) {
        if let fault = FileFault(value, isNo: "join", without: ["event", "type"]) { throw fault }
        let object = value.object ?? [:]
        guard object["event"] != nil else {
            self.init(event: object, of: JSON.Object(), version: nil)
            return
        }
        guard let event = object["event"]?.object else { throw FileFault("its event is not an object") }
        self.init(event: event, of: object, version: try RoomVersion.named(in: object))
    }

    private init(event: JSON.Object, of object: JSON.Object, version: RoomVersion?) {
        self.event = event
        self.version = version
        resident = object["resident"]?.text.flatMap { ServerName($0) }
        eventID = object["event_id"]?.text
        roomID = object["room_id"]?.text
    }

    package var object: JSON.Object {
        [
            "event": .object(event), "event_id": eventID.map { .string($0) } ?? .null,
            "room_id": roomID.map { .string($0) } ?? .null, "room_version": version.map { .string($0.id) } ?? .null,
            "resident": resident.map { .string($0.text) } ?? .null,
        ]
    }

    /// The room and the user that the event is of, for whoever is about to send it.
    package func subject() throws(FileFault) -> (room: RoomID, user: UserID) { try event.subject() }

    /// Takes what the person says of the room's version: the file's has to be the same. An event alone has to be told
    /// it, but for one of version 1 or 2, which has its id in it.
    package mutating func take(_ given: RoomVersion?) throws(FileFault) {
        if let version, let given, version != given {
            throw FileFault("it is of room version \(version.id), where --room-version says \(given.id)")
        }
        version = version ?? given
        guard version != nil || event["event_id"] != nil else {
            throw FileFault("an event alone does not say its room's version: --room-version VERSION")
        }
    }

    /// Takes nothing for a join that could not be one, by the rules of `version`, or of any where that is not known.
    package func checkIsJoin(_ version: RoomVersion?) throws(FileFault) {
        let what = version.map { "of room version \($0.id)" } ?? "of any room version"
        var problem = ""
        for version in version.map({ [$0] }) ?? RoomVersion.all {
            let read: PDU
            do { read = try PDU(event, version) } catch {
                problem = "it is no event \(what): \(error)"
                continue
            }
            guard AuthEvent(read).membership == .join else { throw FileFault("it is no join: \(Self.kind(read))") }
            return
        }
        throw FileFault(problem)
    }

    private static func kind(_ event: PDU) -> String {
        guard let membership = event.content["membership"]?.text else {
            return "its type is \(Quoting.quoted(event.type))"
        }
        return "its membership is \(Quoting.quoted(membership))"
    }

    /// Whether what the file says beside the event is said by the event, too.
    func contradicts(_ signed: SignedMembership) -> Text? {
        if let eventID, eventID != signed.id.text { return "event_id" }
        if let roomID, roomID != signed.pdu.roomID.text { return "room_id" }
        return nil
    }
}

extension JSON.Object {
    /// The room and the user that an event is of.
    func subject() throws(FileFault) -> (room: RoomID, user: UserID) {
        guard let room = self["room_id"]?.text.flatMap({ RoomID($0) }) else {
            throw FileFault("its event has no room_id that is one")
        }
        guard let user = self["sender"]?.text.flatMap({ UserID($0) }) else {
            throw FileFault("its event has no sender that is a user")
        }
        return (room, user)
    }
}

extension RoomVersion {
    /// What a file has as `room_version`: nil where there is nothing or null.
    static func named(in object: JSON.Object) throws(FileFault) -> RoomVersion? {
        guard let value = object["room_version"], value != .null else { return nil }
        guard let text = value.text, let version = RoomVersion.named(text) else {
            throw FileFault("its room_version is none that is known here: 1 to 12 are")
        }
        return version
    }
}

extension EventFile {
    /// The key of `server` that the event says it is signed with; nil where that is none or several.
    package func signer(of server: ServerName) -> KeyID? {
        let ids = SignedJSON.signatures(of: server, on: event).keys
        return ids.count == 1 ? ids.first : nil
    }

    /// Whether it is a membership of its sender's own that `identity` hashed and signed.
    package func isMade(by identity: Identity) -> Bool {
        // What we signed by the rules of any version is ours.
        (version.map { [$0] } ?? RoomVersion.all).contains { version in
            guard let pdu = try? PDU(event, version), pdu.type == "m.room.member", pdu.stateKey == pdu.sender.text
            else { return false }
            return (try? identity.key.check(pdu, identity.server)) != nil
        }
    }
}
