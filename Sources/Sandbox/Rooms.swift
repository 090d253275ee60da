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
struct Rooms: Sendable {
    private var rooms: [RoomID: SandboxRoom] = [:]
    private var ids: [Text: RoomID] = [:]
    private var lies: [RoomID: Lie] = [:]
    private var troubles: [RoomID: Trouble] = [:]
    /// How often each room has made trouble.
    private var asked: [RoomID: Int] = [:]
    private(set) var aliases: [SandboxAlias] = []

    init(of server: ServerName, key: RoomKey) throws {
        guard let creator = UserID(Text("@resident:\(server)")) else { return }
        func add(
            _ alias: String, _ what: String, exit: Int = 0, _ version: RoomVersion = .v11,
            _ rule: SandboxRoom.Rule = .open
        ) throws -> RoomID {
            let room = try SandboxRoom(version, rule, name: Text("Sandbox \(alias)"), creator: creator, key: key)
            rooms[room.id] = room
            ids[Text("#\(alias):\(server)")] = room.id
            aliases.append(SandboxAlias(name: alias, what: what, exit: exit))
            return room.id
        }
        for version in RoomVersion.all { _ = try add("v\(version.id)", "room version \(version.id), for all", version) }
        _ = try add("restricted", "restricted, and this server lets us in", .v10, .restricted)
        for trouble in Trouble.all {
            let id = try add(trouble.alias, trouble.what, exit: trouble.exit, .v11, trouble.rule)
            troubles[id] = trouble
        }
        for lie in Lie.allCases {
            lies[try add("lie-\(lie.rawValue)", "its template lies in its \(lie.rawValue)", exit: 49)] = lie
        }
    }

    func id(of alias: Text) -> RoomID? { ids[alias] }
    func lie(of room: RoomID) -> Lie? { lies[room] }

    /// The trouble that this request meets, where there is some.
    mutating func trouble(of call: Endpoints.Call) -> Trouble? {
        let room =
            call.endpoint == Text(Trouble.Place.directory.rawValue)
            ? ids[call.alias] : call.parts.first.flatMap { RoomID($0) }
        guard let room, let trouble = troubles[room], Text(trouble.place.rawValue) == call.endpoint else { return nil }
        asked[room, default: 0] += 1
        return trouble.passes && asked[room, default: 0].isMultiple(of: 2) ? nil : trouble
    }

    subscript(id: RoomID) -> SandboxRoom? {
        get { rooms[id] }
        set { rooms[id] = newValue }
    }
}
