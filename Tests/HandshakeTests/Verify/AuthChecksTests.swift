import Federation
import TestSupport
import Testing

@testable import Handshake
@testable import Matrix

/// A room's events as the rules see them, each named by a word.
struct Web {
    let version: RoomVersion
    let create: EventID
    private(set) var events: [ReadEvent] = []
    private let room: RoomID

    static let creator: Text = "@creator:a"

    init(_ version: RoomVersion, roomOf server: String = "a", creating content: JSON.Object = [:]) {
        self.version = version
        create = Self.id("create", version)
        room = version.namesRoomsByHash ? RoomID(hashOf: create)! : RoomID(Text("!room:\(server)"))!
        var content = content
        content["room_version"] = .string(version.id)
        if version.rules.terms.creators == .named { content["creator"] = .string(Self.creator) }
        add("create", "m.room.create", "", content, naming: [], after: [])
        add("founder", "m.room.member", Self.creator, ["membership": "join"], naming: founding, after: ["create"])
        let levels: JSON.Object = version.namesRoomsByHash ? [:] : ["users": .object([Self.creator: 100])]
        add("levels", "m.room.power_levels", "", levels, naming: founding + ["founder"])
        add("rules", "m.room.join_rules", "", ["join_rule": "public"], naming: founding + ["founder", "levels"])
    }

    /// The create event, where events name it.
    var founding: [String] { version.namesRoomsByHash ? [] : ["create"] }

    static func id(_ name: String, _ version: RoomVersion) -> EventID {
        version.choosesEventIDs
            ? EventID(Text("$\(name):a"))!
            : EventID(hash: EventKey(SHA256.hash(Array(name.utf8))), urlSafe: version.eventIDs == .urlSafeHash)
    }

    func id(_ name: String) -> EventID { Self.id(name, version) }

    mutating func add(
        _ name: String, _ type: Text, _ key: Text?, _ content: JSON.Object, by sender: Text = creator,
        naming names: [String], after previous: [String] = ["levels"]
    ) {
        let named = names.map(id)
        let previous = previous.map { EventKey(id($0), version) }
        let isNameless = version.namesRoomsByHash && type == "m.room.create"
        let event = AuthEvent(
            id: id(name), type: type, stateKey: key, sender: UserID(sender)!, roomID: isNameless ? nil : room,
            key: EventKey(id(name), version), previous: previous.first, hasPrevious: !previous.isEmpty, content: content
        )
        events.append(
            ReadEvent(
                event: event, range: 0..<0, timestamp: 0, contentHash: .matches, isParked: false, signatures: .valid,
                isSignedByAuthoriser: true, key: event.key, authEvents: named.map { EventKey($0, version) },
                chosenAuthEvents: version.choosesEventIDs ? named : []))
    }

    /// A join of `user`, naming what it has to, and more.
    mutating func join(_ name: String, of user: Text, naming more: [String] = []) {
        add(
            name, "m.room.member", user, ["membership": "join"], by: user,
            naming: founding + ["levels", "rules"] + more)
    }

    /// A state event of the creator.
    mutating func topic(_ name: String, naming more: [String] = []) {
        add(name, "m.room.topic", "", [:], naming: founding + ["levels", "founder"] + more)
    }

    mutating func remove(_ name: String) {
        let id = id(name)
        events.removeAll { $0.event.id == id }
    }

    /// How each event stands, by its id, whatever order they are in.
    func standings(cores: Int = 2, shuffledBy seed: Int? = nil) async -> [EventID: Found] {
        var shuffled = events
        if let seed {
            var random = Shuffle(seed: seed)
            shuffled.shuffle(using: &random)
        }
        var room = RoomEvents(version)
        for event in shuffled { room.add(event, isOfState: true) }
        let checks = AuthChecks(
            events: room, body: Blob([]), version: version, create: room.place(create)!, cores: cores)
        let standings = await checks.judgeAll()
        let found = standings.indices.map {
            Found(standing: standings[$0], lacking: AuthChecks.lacking($0, room, standings))
        }
        return Dictionary(uniqueKeysWithValues: zip(room.all.map(\.id), found))
    }
}

private struct Shuffle: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 2_654_435_761 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// How an event stands, and what it names that is not there or not judged.
struct Found {
    let standing: AuthChecks.Standing
    let lacking: [EventID]

    var isAllowed: Bool { standing.isAllowed }
    var rejection: AuthRejection? { standing.rejection }

    /// In words that two of the same kind share.
    fileprivate var words: String {
        switch standing {
        case .allowed: "allowed"
        case .rejected(let rejection): "rule \(rejection.rule)"
        case .unjudged: "lacks \(lacking.map(\.description).sorted().joined(separator: " "))"
        case .circular: "circular"
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct AuthChecksTests {
    /// Of each way that ids and create events are named.
    static let versions: [RoomVersion] = [.v1, .v2, .v3, .v6, .v10, .v11, .v12]

    @Test(arguments: RoomVersion.all)
    func `a room that is as it should be stands, in whatever order it is listed`(version: RoomVersion) async {
        var web = Web(version)
        for i in 0..<20 { web.join("join\(i)", of: Text("@u\(i):b\(i % 3)")) }
        for i in 0..<10 { web.topic("topic\(i)") }
        for seed in [nil, 1, 2, 3, 4, 5] {
            let standings = await web.standings(shuffledBy: seed)
            #expect(standings.count == 34)
            #expect(standings.filter { !$0.value.isAllowed }.map(\.key) == [], "shuffled by \(seed ?? 0)")
        }
    }

    @Test(arguments: versions)
    func `what names an event that is not there is not judged, nor is what names that`(version: RoomVersion) async {
        var web = Web(version)
        web.topic("first", naming: ["gone", "lost"])
        web.topic("second", naming: ["first"])
        web.topic("third", naming: ["second"])
        web.topic("other")
        for seed in 0..<4 {
            let standings = await web.standings(shuffledBy: seed)
            let lacking = [web.id("gone"), web.id("lost")].map(\.description).sorted().joined(separator: " ")
            #expect(standings[web.id("first")]?.words == "lacks \(lacking)")
            #expect(standings[web.id("second")]?.words == "lacks \(web.id("first"))")
            #expect(standings[web.id("third")]?.words == "lacks \(web.id("second"))")
            #expect(standings[web.id("other")]?.isAllowed == true)
        }
    }

    @Test(arguments: versions)
    func `what names a rejected event is rejected for that`(version: RoomVersion) async {
        var web = Web(version)
        web.add(
            "bad", "m.room.member", "@eve:b", ["membership": "join"], by: "@eve:b", naming: web.founding + ["levels"])
        web.add(
            "next", "m.room.topic", "", [:], by: "@eve:b", naming: web.founding + ["levels", "bad"])
        web.add(
            "last", "m.room.member", "@eve:b", ["membership": "leave"], by: "@eve:b", naming: web.founding + ["next"])
        let rule = version.namesRoomsByHash ? "3.3" : "2.3"
        for seed in 0..<4 {
            let standings = await web.standings(shuffledBy: seed)
            #expect(standings[web.id("bad")]?.rejection != nil, "without join rules nobody but the invited joins")
            #expect(standings[web.id("next")]?.words == "rule \(rule)")
            #expect(standings[web.id("next")]?.rejection?.deciding == [web.id("bad")])
            #expect(standings[web.id("last")]?.rejection != nil)
        }
    }

    @Test(arguments: [RoomVersion.v1, .v2])
    func `events that name each other are found out, and hold nobody up`(version: RoomVersion) async {
        var web = Web(version)
        web.topic("itself", naming: ["itself"])
        web.topic("a", naming: ["b"])
        web.topic("b", naming: ["c"])
        web.topic("c", naming: ["a"])
        web.topic("user of a", naming: ["a"])
        web.topic("twice", naming: ["levels", "levels"])
        web.topic("other")
        for seed in 0..<4 {
            let standings = await web.standings(shuffledBy: seed)
            for name in ["itself", "a", "b", "c"] { #expect(standings[web.id(name)]?.words == "circular", "\(name)") }
            #expect(standings[web.id("user of a")]?.isAllowed == false)
            #expect(standings[web.id("twice")]?.rejection != nil, "one for each type and key")
            #expect(standings[web.id("other")]?.isAllowed == true)
        }
    }

    @Test func `a create event that names others is judged all the same`() async {
        var web = Web(.v1)
        web.remove("create")
        web.add(
            "create", "m.room.create", "", ["creator": .string(Web.creator)], naming: ["founder", "create", "gone"],
            after: [])
        for seed in 0..<4 {
            let standings = await web.standings(shuffledBy: seed)
            #expect(standings.filter { !$0.value.isAllowed }.isEmpty)
        }
    }

    @Test(arguments: [RoomVersion.v1, .v6, .v11])
    func `where the create event is rejected, so is what names it`(version: RoomVersion) async {
        let web = Web(version, roomOf: "another.server")
        let standings = await web.standings()
        #expect(standings[web.create]?.words == "rule 1.2")
        #expect(standings.values.allSatisfy { $0.rejection != nil })
        #expect(standings[web.id("founder")]?.words == "rule 2.3")
    }

    @Test func `from version 12 on every event rests on the create event, which none names`() async {
        let web = Web(.v12, creating: ["additional_creators": "nobody"])
        let standings = await web.standings()
        #expect(standings[web.create]?.rejection != nil)
        #expect(standings.values.allSatisfy { $0.rejection != nil })
        var naming = Web(.v12)
        naming.topic("names it", naming: ["create"])
        let named = await naming.standings()
        #expect(named[naming.id("names it")]?.rejection != nil, "and one that does is rejected")
        #expect(named[naming.id("rules")]?.isAllowed == true)
    }

    @Test(arguments: [RoomVersion.v1, .v11])
    func `a chain of 20,000 events is followed to its end`(version: RoomVersion) async {
        var web = Web(version)
        let levels: JSON.Object = ["users": .object([Web.creator: 100])]
        for i in 0..<20_000 {
            web.add(
                "levels\(i)", "m.room.power_levels", "", levels,
                naming: web.founding + ["founder", i == 0 ? "levels" : "levels\(i - 1)"])
        }
        let standings = await web.standings(shuffledBy: 1)
        #expect(standings.count == 20_004)
        #expect(standings.values.allSatisfy { $0.isAllowed })
    }

    @Test(arguments: [RoomVersion.v1, .v12])
    func `one core and eight find the same`(version: RoomVersion) async {
        var web = Web(version)
        for i in 0..<1500 {
            let user = Text("@u\(i):b")
            web.join("join\(i)", of: user, naming: i % 7 == 0 ? ["gone\(i)"] : [])
            if i % 5 == 0 {
                web.add("bad\(i)", "m.room.topic", "", [:], by: user, naming: web.founding + ["levels", "join\(i)"])
                web.topic("good\(i)", naming: i % 3 == 0 ? ["bad\(i)"] : [])
            }
        }
        let alone = await web.standings(cores: 1).mapValues(\.words)
        #expect(Set(alone.values.map { $0.prefix(5) }) == ["allow", "rule ", "lacks"])
        for seed in 0..<3 {
            #expect(await web.standings(cores: 8, shuffledBy: seed).mapValues(\.words) == alone)
        }
    }
}
