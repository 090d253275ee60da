package import Matrix

/// A small room of a version, as the server that made it holds it: really hashed and signed.
package struct RoomBuilder: Sendable {
    package let version: RoomVersion
    package let server: FakeServer
    package let creator: UserID
    package private(set) var roomID: RoomID
    /// The room's state, each event with its id, in the order that they were made.
    package private(set) var state: [(id: EventID, event: JSON.Object)] = []

    private static let started = 1_700_000_000_000

    /// A public room: create, its creator's join, power levels, join rules.
    package init(_ version: RoomVersion, _ server: FakeServer) {
        self.version = version
        self.server = server
        creator = server.user("creator")
        guard let opaque = RoomID(Text("!room:\(server.name)")) else { fatalError("no room id") }
        roomID = opaque
        let create = add("m.room.create", "", createContent)
        if version.namesRoomsByHash, let hashed = RoomID(Text("!" + create.text.string.dropFirst())) { roomID = hashed }
        add("m.room.member", creator.text, ["membership": "join"])
        let creatorPower: JSON = version.namesRoomsByHash ? [:] : .object([creator.text: 100])
        add("m.room.power_levels", "", ["users": creatorPower, "state_default": 50])
        add("m.room.join_rules", "", ["join_rule": "public"])
    }

    private var createContent: JSON.Object {
        var content: JSON.Object = ["room_version": .string(version.id)]
        if version.redaction.content["m.room.create"] != .all { content["creator"] = .string(creator.text) }
        return content
    }

    package var create: EventID { state[0].id }

    /// Adds a state event of `sender`, signed by `signer`, and returns its id.
    @discardableResult
    package mutating func add(
        _ type: Text, _ stateKey: Text, _ content: JSON.Object, sender: UserID? = nil, signer: FakeServer? = nil,
        _ change: (inout JSON.Object) -> Void = { _ in }
    ) -> EventID {
        var event = unsigned(type, stateKey, content, sender ?? creator)
        change(&event)
        return append((signer ?? server).signed(event: event, version))
    }

    /// Adds `event` as it is.
    @discardableResult
    package mutating func append(_ event: JSON.Object) -> EventID {
        let id = Self.id(event, version)
        state.append((id, event))
        return id
    }

    /// Changes an event that is there, its id, hash and signature left as they are.
    package mutating func tamper(with id: EventID, _ change: (inout JSON.Object) -> Void) {
        for i in state.indices where state[i].id == id { change(&state[i].event) }
    }

    package mutating func remove(_ id: EventID) { state.removeAll { $0.id == id } }

    private func unsigned(_ type: Text, _ stateKey: Text, _ content: JSON.Object, _ sender: UserID) -> JSON.Object {
        let isCreate = type == "m.room.create"
        var event: JSON.Object = [
            "type": .string(type), "state_key": .string(stateKey), "content": .object(content),
            "sender": .string(sender.text), "origin_server_ts": .integer(Self.started + state.count),
            "depth": .integer(state.count + 1),
            "prev_events": .array(state.last.map { [reference(to: $0)] } ?? []),
            "auth_events": .array(authEvents(for: type, stateKey, content, sender).map(reference)),
        ]
        if !(isCreate && version.namesRoomsByHash) { event["room_id"] = .string(roomID.text) }
        if version.choosesEventIDs { event["event_id"] = .string(Text("$event\(state.count):\(sender.server)")) }
        return event
    }

    /// What authorises an event here: of the state that the rules have it name what is there.
    private func authEvents(
        for type: Text, _ stateKey: Text, _ content: JSON.Object, _ sender: UserID
    ) -> [(id: EventID, event: JSON.Object)] {
        guard let id = EventID("$x"), type != "m.room.create" else { return [] }
        let event = AuthEvent(
            id: id, type: type, stateKey: stateKey, sender: sender, roomID: roomID, content: content)
        return version.rules.terms.selection.keys(for: event).compactMap { key in
            state.last { $0.event["type"]?.text == key.type && $0.event["state_key"]?.text == key.stateKey }
        }
    }

    /// How an event of the room names another.
    package func reference(to entry: (id: EventID, event: JSON.Object)) -> JSON {
        guard version.choosesEventIDs, let hash = try? EventHashes.reference(entry.event, version) else {
            return .string(entry.id.text)
        }
        return [.string(entry.id.text), ["sha256": .string(Base64.encode(hash))]]
    }

    package static func id(_ event: JSON.Object, _ version: RoomVersion) -> EventID {
        guard let id = try? EventHashes.id(event, version) else { fatalError("the event has no id") }
        return id
    }
}

extension RoomBuilder {
    /// The answer to make_join or make_leave.
    package func template(for user: UserID, membership: Text = "join") -> JSON {
        guard let last = state.last else { fatalError("an empty room") }
        let event: JSON.Object = [
            "type": "m.room.member", "room_id": .string(roomID.text), "sender": .string(user.text),
            "state_key": .string(user.text), "content": ["membership": .string(membership)],
            "prev_events": [reference(to: last)],
            "auth_events": .array(
                authEvents(for: "m.room.member", user.text, ["membership": .string(membership)], user).map(reference)),
            "depth": .integer(state.count + 1), "origin_server_ts": 1,
        ]
        return ["room_version": .string(version.id), "event": .object(event)]
    }

    /// The answer to send_join of `event`.
    package func answer(to event: JSON.Object) -> JSON.Object {
        let chain = state.prefix(4).map { JSON.object($0.event) }
        return [
            "state": .array(state.map { .object($0.event) }), "auth_chain": .array(chain), "event": .object(event),
            "members_omitted": false,
        ]
    }

    /// A second create event, as well signed as the first; in version 12 it makes a room of its own.
    package var secondCreate: JSON.Object {
        var create = state[0].event.filter { $0 != "signatures" }
        create["origin_server_ts"] = 1
        if version.choosesEventIDs { create["event_id"] = .string(Text("$second:\(server.name)")) }
        return server.signed(event: create, version)
    }
}
