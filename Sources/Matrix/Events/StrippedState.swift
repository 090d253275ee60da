/// What of a room's state a server shows to whom it has invited, or who has knocked (server-server API, "invite_room_state"
/// and "knock_room_state"): its word alone, since nobody has verified it.
package struct StrippedState: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let type: Text
        package let stateKey: Text
        package let sender: Text
        package let content: JSON.Object

        package init(type: Text, stateKey: Text, sender: Text, content: JSON.Object) {
            self.type = type
            self.stateKey = stateKey
            self.sender = sender
            self.content = content
        }
    }

    package let server: ServerName
    /// In their order, at most 100.
    package let entries: [Entry]
    /// How many more there were: no state events, of another room, or too many.
    package let leftOut: Int
    /// What the specification wants of it and it lacks (v1.16), in words.
    package let faults: [String]

    private static let most = 100

    /// Reads `list`, which `server` shows of the room `id`. Stripped events and whole ones alike are taken; `version` says
    /// what the whole ones are to be like, nil where it is not known.
    package init(_ list: [JSON], of id: RoomID, _ version: RoomVersion?, from server: ServerName) {
        let read = list.prefix(Self.most).compactMap { Entry($0, of: id) }
        self.server = server
        entries = read
        leftOut = list.count - read.count
        faults = version.map { Self.faults(list.prefix(Self.most), id, $0) } ?? []
    }

    /// What was read once before.
    package init(server: ServerName, entries: [Entry], leftOut: Int) {
        self.server = server
        self.entries = Array(entries.prefix(Self.most))
        self.leftOut = leftOut
        faults = []
    }

    private static func faults(_ list: ArraySlice<JSON>, _ id: RoomID, _ version: RoomVersion) -> [String] {
        let events = list.compactMap { $0.object.flatMap { try? PDU($0, version) } }
        guard events.count == list.count else { return ["not all of it are events of room version \(version.id)"] }
        guard events.allSatisfy({ $0.roomID == id }) else { return ["not all of it is of this room"] }
        return events.contains(where: \.isCreate) ? [] : ["the create event is not among it"]
    }

    /// The content of the entry of `type` with an empty key.
    package func content(_ type: Text) -> JSON.Object? { entry(type)?.content }

    package func entry(_ type: Text) -> Entry? { entries.first { $0.type == type && $0.stateKey == "" } }

    /// The room's version as its create event has it: 1 where that says none, nil where there is no create event.
    package var roomVersion: Text? {
        content("m.room.create").map { $0["room_version"].map { $0.text ?? "" } ?? RoomVersion.v1.id }
    }
}

extension StrippedState.Entry {
    /// A state event, stripped or whole, that does not say that it is of another room.
    fileprivate init?(_ value: JSON, of id: RoomID) {
        guard let type = value["type"]?.text, let key = value["state_key"]?.text, let sender = value["sender"]?.text,
            let content = value["content"]?.object
        else { return nil }
        if let room = value["room_id"], room.text != id.text { return nil }
        self.init(type: type, stateKey: key, sender: sender, content: content)
    }
}
