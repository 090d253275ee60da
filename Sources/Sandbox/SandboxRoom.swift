internal import Federation
internal import Matrix

/// A room of the sandbox: made event by event as any server makes one, of any room version.
struct SandboxRoom: Sendable {
    /// Who may join.
    enum Rule: String, Sendable {
        case open = "public"
        case invite, knock
        /// Open to knocks, and to members of a room that nobody is in.
        case knockRestricted = "knock_restricted"
        /// By the condition of a room that everybody is in; the sandbox vouches for it.
        case restricted
    }

    let version: RoomVersion
    let rule: Rule
    let creator: UserID
    private let key: RoomKey
    private(set) var id: RoomID
    /// Its state, by type and state key, as the events stand.
    private(set) var state: [StateKey: PDU] = [:]
    /// Every event ever, which is what an auth chain can be made of.
    private(set) var events: [EventID: PDU] = [:]
    private var latest: PDU

    struct StateKey: Hashable, Sendable {
        let type: Text
        let key: Text
    }

    init(_ version: RoomVersion, _ rule: Rule, name: Text, creator: UserID, key: RoomKey) throws {
        self.version = version
        self.rule = rule
        self.creator = creator
        self.key = key
        let id = RoomID(Text("!\(RandomText.make(18)):\(creator.server)"))
        let create = try Self.create(version, creator, id, key)
        latest = create
        self.id = create.roomID
        add(create)
        try append("m.room.member", creator.text, ["membership": "join", "displayname": "Resident"])
        try append("m.room.power_levels", "", powerLevels)
        try append("m.room.join_rules", "", joinRules)
        try append("m.room.history_visibility", "", ["history_visibility": "shared"])
        try append("m.room.name", "", ["name": .string(name)])
    }

    /// Whether a user of `server` is in the room.
    func hasMember(of server: ServerName) -> Bool {
        state.contains { key, event in
            key.type == "m.room.member" && event.content["membership"]?.text == "join"
                && UserID(key.key)?.server == server
        }
    }

    func membership(of user: UserID) -> Text? {
        state[StateKey(type: "m.room.member", key: user.text)]?.content["membership"]?.text
    }

    /// The events of the state that authorise such an event, as the rules of the room's version select them.
    func authEvents(_ type: Text, _ stateKey: Text, _ content: JSON.Object, sender: UserID) -> [PDU] {
        let event = AuthEvent(
            id: latest.id, type: type, stateKey: stateKey, sender: sender, roomID: id, content: content)
        return version.rules.terms.selection.keys(for: event).compactMap {
            state[StateKey(type: $0.type, key: $0.stateKey)]
        }
    }

    /// The template of a membership event of `user`, as make_join, make_leave and make_knock answer it.
    func template(_ membership: Text, of user: UserID) -> JSON.Object {
        var content: JSON.Object = ["membership": .string(membership)]
        if rule == .restricted, membership == "join" {
            content["join_authorised_via_users_server"] = .string(creator.text)
        }
        return draft("m.room.member", user.text, content, sender: user)
    }

    /// What whoever knocks is shown: whole events (v1.16), those that Synapse shows, where they are there.
    var strippedState: [PDU] {
        ["create", "join_rules", "canonical_alias", "avatar", "name", "encryption", "topic"].compactMap {
            state[StateKey(type: Text("m.room.\($0)"), key: "")]
        }
    }

    /// Everything that the state and `event` lean on.
    func authChain(of event: PDU) -> [PDU] {
        var waiting = state.values.flatMap(\.authEvents) + event.authEvents
        var seen: Set<EventID> = []
        var chain: [PDU] = []
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted, let found = events[id] else { continue }
            chain.append(found)
            waiting += found.authEvents
        }
        return chain
    }

    mutating func add(_ event: PDU) {
        guard events[event.id] == nil else { return }
        events[event.id] = event
        if let stateKey = event.stateKey { state[StateKey(type: event.type, key: stateKey)] = event }
        latest = event
    }

    /// Sets a piece of state of its own, as its creator does.
    mutating func append(_ type: Text, _ stateKey: Text, _ content: JSON.Object) throws {
        try append(type, stateKey, content, of: creator, key)
    }

    mutating func append(
        _ type: Text, _ stateKey: Text, _ content: JSON.Object, of sender: UserID, _ key: RoomKey
    ) throws {
        let draft = draft(type, stateKey, content, sender: sender)
        add(try PDU(try key.sign(event: draft, version, as: sender.server), version))
    }

    /// Sets power levels anew, which then rest on the ones before.
    mutating func setLevelsAgain() throws {
        var levels = powerLevels
        levels["ban"] = 60
        try append("m.room.power_levels", "", levels)
    }

    private func draft(
        _ type: Text, _ stateKey: Text, _ content: JSON.Object, sender: UserID
    ) -> JSON.Object {
        var event = Self.fields(type, stateKey, content, sender)
        event["room_id"] = .string(id.text)
        event["depth"] = .integer((latest.object["depth"]?.integer ?? 0) + 1)
        event["prev_events"] = .array([reference(to: latest)])
        event["auth_events"] = .array(authEvents(type, stateKey, content, sender: sender).map(reference))
        if version.choosesEventIDs { event["event_id"] = .string(Text("$\(RandomText.make(18)):\(creator.server)")) }
        return event
    }

    private func reference(to event: PDU) -> JSON {
        guard version.choosesEventIDs else { return .string(event.id.text) }
        let hash = (try? EventHashes.reference(event.object, version)).map { Base64.encode($0) }
        return [.string(event.id.text), .object(hash.map { ["sha256": .string($0)] } ?? [:])]
    }

    private static func fields(_ type: Text, _ stateKey: Text, _ content: JSON.Object, _ sender: UserID) -> JSON.Object
    {
        [
            "type": .string(type), "state_key": .string(stateKey), "content": .object(content),
            "sender": .string(sender.text), "origin_server_ts": .integer(WallClock.now()),
        ]
    }

    private static func create(
        _ version: RoomVersion, _ creator: UserID, _ id: RoomID?, _ key: RoomKey
    ) throws -> PDU {
        var content: JSON.Object = ["room_version": .string(version.id)]
        // "creator" went with version 11, whose redaction keeps the whole content instead.
        if version.redaction.content["m.room.create"] != .all { content["creator"] = .string(creator.text) }
        var event = fields("m.room.create", "", content, creator)
        if !version.namesRoomsByHash, let id { event["room_id"] = .string(id.text) }
        event["depth"] = 1
        event["prev_events"] = []
        event["auth_events"] = []
        if version.choosesEventIDs { event["event_id"] = .string(Text("$\(RandomText.make(18)):\(creator.server)")) }
        return try PDU(try key.sign(event: event, version, as: creator.server), version)
    }

    /// From version 12 on the creator's power is boundless, and must not be listed.
    private var powerLevels: JSON.Object {
        let users: JSON = version.namesRoomsByHash ? [:] : .object([creator.text: 100])
        return [
            "users": users, "users_default": 0, "events": [:], "events_default": 0, "state_default": 50, "invite": 0,
        ]
    }

    private var joinRules: JSON.Object {
        guard rule == .restricted || rule == .knockRestricted else {
            return ["join_rule": .string(Text(rule.rawValue))]
        }
        return [
            "join_rule": .string(Text(rule.rawValue)),
            "allow": [["type": "m.room_membership", "room_id": "!everybody:example.org"]],
        ]
    }
}
