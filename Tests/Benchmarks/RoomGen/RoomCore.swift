internal import Matrix

/// The events that others rest on: the create event, power levels and join rules through time, residents; and the
/// room's own state.
struct RoomCore: Sendable {
    private(set) var room: Room
    let timeline: Timeline
    /// The creator first, then the moderators, each of a server of its own.
    private(set) var residents: [Member] = []
    private(set) var events: [MadeEvent] = []
    private(set) var isState: [Bool] = []
    /// Positions in `events`.
    private(set) var members: [Int] = []
    private(set) var powers: [Int] = []
    private(set) var rules: [Int] = []

    var create: Int { 0 }
    private var creator: Member { residents[0] }

    /// The last server is ours and has no part in the room yet.
    init(_ version: RoomVersion, _ servers: [SigningServer], events count: Int, _ random: inout Random) {
        room = Room(version: version, servers: servers, id: Text("!\(random.letters(18)):\(servers[0].name)"))
        timeline = Timeline(version, events: count)
        for server in 0..<min(8, servers.count - 1) {
            let name = server == 0 ? "creator" : "moderator\(server)"
            residents.append(Member(user: Text("@\(name):\(servers[server].name)"), server: server))
        }
        addBeginning(&random)
        addPowers(&random)
        addRules(&random)
    }

    /// References to what authorises an event of `time`, marked as used in `used`.
    func auth(at time: Int, withRule: Bool, members: [Int], _ used: inout [Bool]) -> [JSON] {
        var positions = room.version.namesRoomsByHash ? [] : [create]
        positions.append(powers[timeline.power(at: time)])
        if withRule { positions.append(rules[timeline.rule(at: time)]) }
        positions += members
        for position in positions { used[position] = true }
        return positions.map { events[$0].reference }
    }

    private mutating func add(
        _ type: Text, _ stateKey: Text, _ content: JSON.Object, _ time: Int, auth: [Int], isState: Bool = true,
        sender: Member? = nil, _ random: inout Random
    ) -> Int {
        let named = room.version.namesRoomsByHash ? auth.filter { $0 != create } : auth
        let draft = Draft(
            type: type, stateKey: stateKey, content: content, sender: sender ?? creator, time: time,
            auth: named.map { events[$0].reference }, prev: events.last.map { [$0.reference] } ?? [])
        events.append(room.make(draft, &random))
        self.isState.append(isState)
        return events.count - 1
    }

    private mutating func addBeginning(_ random: inout Random) {
        var content: JSON.Object = ["room_version": .string(room.version.id)]
        if room.version.redaction.content["m.room.create"] != .all { content["creator"] = .string(creator.user) }
        _ = add("m.room.create", "", content, 0, auth: [], &random)
        if room.version.namesRoomsByHash { room.id = Text("!" + events[0].id.string.dropFirst()) }
        members = [add("m.room.member", creator.user, Self.joined("Creator"), 1, auth: [create], &random)]
        powers = [addPower(0, 2, auth: [create, members[0]], &random)]
        rules = [addRule(0, 3, auth: [create, powers[0], members[0]], &random)]
        for (i, state) in CoreState.events(room).enumerated() {
            _ = add(state.type, "", state.content, 4 + i, auth: [create, powers[0], members[0]], &random)
        }
        for (i, resident) in residents.enumerated().dropFirst() {
            let content = Self.joined("Moderator \(i)")
            let auth = [create, powers[0], rules[0]]
            members.append(
                add("m.room.member", resident.user, content, 100 + i, auth: auth, sender: resident, &random))
        }
    }

    private static func joined(_ name: String) -> JSON.Object {
        ["membership": "join", "displayname": .string(Text(name))]
    }

    private mutating func addPowers(_ random: inout Random) {
        for i in 1..<timeline.powers {
            powers.append(addPower(i, timeline.powerTime(i), auth: [create, powers[i - 1], members[0]], &random))
        }
    }

    private mutating func addPower(_ index: Int, _ time: Int, auth: [Int], _ random: inout Random) -> Int {
        let moderators = residents.dropFirst().prefix(index)
        let content = CoreState.powerLevels(room.version, creator: creator, Array(moderators), index)
        return add(
            "m.room.power_levels", "", content, time, auth: auth, isState: index == timeline.powers - 1, &random)
    }

    private mutating func addRules(_ random: inout Random) {
        for i in 1..<timeline.rules {
            let time = timeline.ruleTime(i)
            let auth = [create, powers[timeline.power(at: time)], members[0]]
            rules.append(addRule(i, time, auth: auth, &random))
        }
    }

    private mutating func addRule(_ index: Int, _ time: Int, auth: [Int], _ random: inout Random) -> Int {
        let content = CoreState.joinRules(isPublic: timeline.isPublic(index), isRestricted: timeline.isRestricted)
        return add("m.room.join_rules", "", content, time, auth: auth, isState: index == timeline.rules - 1, &random)
    }

    /// Which of `events` another of them is authorised by.
    var used: [Bool] {
        let named = Set(events.flatMap { $0.object["auth_events"]?.array ?? [] })
        return events.map { named.contains($0.reference) }
    }

    /// A resident who could kick at `time`: the creator, or one whom the power levels name by then.
    func moderator(at time: Int, _ random: inout Random) -> Int {
        random.below(min(timeline.power(at: time), residents.count - 1) + 1)
    }

    /// A resident of another server than `server`, where there is one.
    func authoriser(notOf server: Int, _ random: inout Random) -> Int {
        let choice = random.below(residents.count)
        return residents[choice].server == server ? (choice + 1) % residents.count : choice
    }
}
