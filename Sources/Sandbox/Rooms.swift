internal import Matrix

/// An alias of the sandbox: what a join by it meets.
package struct SandboxAlias: Sendable, Hashable {
    /// Without `#` and server.
    package let name: String
    package let what: String
    /// The exit status of a join.
    package let exit: Int
}

/// The rooms of the sandbox, by alias: `#v1` to `#v12`, `#restricted`, and one for each lie and each trouble.
///
/// Each is made when its alias is first looked up, since nobody can know its id before.
struct Rooms: Sendable {
    /// What a room will be.
    private struct Plan {
        let alias: SandboxAlias
        var version = RoomVersion.v11
        var rule = SandboxRoom.Rule.open
        var lie: Lie?
        var trouble: Trouble?
        /// Whether a server made the room where nobody answers any more.
        var isOrphaned = false
        /// Whether the room has a policy server: this one, which signs no recommendation.
        var hasPolicy = false
        /// Whether there is a member of a server where nobody answers any more.
        var hasGhost = false
    }

    private static let plans: [Plan] =
        RoomVersion.all.map {
            Plan(alias: SandboxAlias(name: "v\($0.id)", what: "room version \($0.id), for all", exit: 0), version: $0)
        } + [
            Plan(
                alias: SandboxAlias(name: "restricted", what: "restricted, and this server lets us in", exit: 0),
                version: .v10, rule: .restricted),
            Plan(
                alias: SandboxAlias(name: "policy", what: "its policy server has not seen our event", exit: 0),
                hasPolicy: true),
            Plan(
                alias: SandboxAlias(name: "orphaned", what: "made by a server that is gone, key and all", exit: 92),
                isOrphaned: true),
            Plan(
                alias: SandboxAlias(name: "ghost", what: "a member's server is gone, key and all", exit: 0),
                hasGhost: true),
            Plan(
                alias: SandboxAlias(name: "auth-rules", what: "lets us in against its own join rule", exit: 99),
                rule: .invite),
        ]
        + Trouble.all.map {
            Plan(alias: SandboxAlias(name: $0.alias, what: $0.what, exit: $0.exit), rule: $0.rule, trouble: $0)
        }
        + Lie.allCases.map {
            let what = "its template lies in its \($0.rawValue)"
            return Plan(alias: SandboxAlias(name: "lie-\($0.rawValue)", what: what, exit: 49), lie: $0)
        }

    static var aliases: [SandboxAlias] { plans.map(\.alias) }

    private let creator: UserID
    private let key: RoomKey
    private var ids: [Text: RoomID] = [:]
    private var rooms: [RoomID: SandboxRoom] = [:]
    private var plans: [RoomID: Plan] = [:]
    /// How often each room has made trouble.
    private var asked: [RoomID: Int] = [:]
    /// What the next encoded path of each server meets.
    private var spoilt: [ServerName: Trouble] = [:]

    init?(of server: ServerName, key: RoomKey) {
        guard let creator = UserID(Text("@resident:\(server)")) else { return nil }
        self.creator = creator
        self.key = key
    }

    /// The room of an alias; nil where there is no such one.
    mutating func id(of alias: Text) -> RoomID? {
        if let id = ids[alias] { return id }
        guard let plan = Self.plans.first(where: { Text("#\($0.alias.name):\(creator.server)") == alias }),
            let room = try? room(plan)
        else { return nil }
        ids[alias] = room.id
        rooms[room.id] = room
        plans[room.id] = plan
        return room.id
    }

    private func room(_ plan: Plan) throws -> SandboxRoom? {
        let name = Text("Sandbox \(plan.alias.name)")
        // Port 1 of loopback: nobody listens there, and its key lives no longer than this call.
        guard let ghost = UserID("@ghost:127.0.0.1:1"), let lost = RoomKey() else { return nil }
        if plan.isOrphaned {
            return try SandboxRoom(plan.version, plan.rule, name: name, creator: ghost, key: lost)
        }
        var room = try SandboxRoom(plan.version, plan.rule, name: name, creator: creator, key: key)
        if plan.hasPolicy {
            try room.append(
                "m.room.policy", "",
                [
                    "via": .string(creator.server.text),
                    "public_keys": ["ed25519": .string(key.publicKey.base64)],
                ])
        }
        if plan.hasGhost { try room.append("m.room.member", ghost.text, ["membership": "join"], of: ghost, lost) }
        if plan.trouble?.setsLevelsTwice == true { try room.setLevelsAgain() }
        return room
    }

    func lie(of room: RoomID) -> Lie? { plans[room]?.lie }

    /// The event of that id, and its room.
    func event(_ id: EventID) -> (SandboxRoom, PDU)? {
        for room in rooms.values { if let event = room.events[id] { return (room, event) } }
        return nil
    }

    func mendsGaps(of room: RoomID) -> Bool { plans[room]?.trouble?.mendsGaps == true }

    /// The trouble that this request meets, where there is some.
    mutating func trouble(of call: Endpoints.Call) -> Trouble? {
        if call.parts.first?.utf8.contains(UInt8(ascii: "/")) == true { return spoilt.removeValue(forKey: call.origin) }
        let isDirectory = call.endpoint == Text(Trouble.Place.directory.rawValue)
        let room = isDirectory ? id(of: call.alias) : call.parts.first.flatMap { RoomID($0) }
        guard let room, let trouble = plans[room]?.trouble, Text(trouble.place.rawValue) == call.endpoint else {
            return nil
        }
        asked[room, default: 0] += 1
        if trouble.spoilsPaths { spoilt[call.origin] = trouble }
        return trouble.passes && asked[room, default: 0].isMultiple(of: 2) ? nil : trouble
    }

    subscript(id: RoomID) -> SandboxRoom? {
        get { rooms[id] }
        set { rooms[id] = newValue }
    }
}
