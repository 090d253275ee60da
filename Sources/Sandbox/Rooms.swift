internal import Matrix

/// The rooms of the sandbox, by alias: `#v1` to `#v12`, `#restricted`, `#invite`, and one for each lie.
struct Rooms: Sendable {
    private var rooms: [RoomID: SandboxRoom] = [:]
    private var aliases: [Text: RoomID] = [:]
    private var lies: [RoomID: Lie] = [:]

    init(of server: ServerName, key: RoomKey) throws {
        guard let creator = UserID(Text("@resident:\(server)")) else { return }
        func add(_ alias: String, _ version: RoomVersion, _ rule: SandboxRoom.Rule, _ lie: Lie? = nil) throws {
            let room = try SandboxRoom(version, rule, name: Text("Sandbox \(alias)"), creator: creator, key: key)
            rooms[room.id] = room
            aliases[Text("#\(alias):\(server)")] = room.id
            lies[room.id] = lie
        }
        for version in RoomVersion.all { try add("v\(version.id)", version, .open) }
        try add("restricted", .v10, .restricted)
        try add("invite", .v11, .invite)
        for lie in Lie.allCases { try add("lie-\(lie.rawValue)", .v11, .open, lie) }
    }

    func id(of alias: Text) -> RoomID? { aliases[alias] }
    func lie(of room: RoomID) -> Lie? { lies[room] }

    subscript(id: RoomID) -> SandboxRoom? {
        get { rooms[id] }
        set { rooms[id] = newValue }
    }
}
