@testable import Matrix

extension AuthExample {
    static let create: [AuthExample] = [
        .allowed("1:1.5 11:1.4 12:1.5", "a create event as it should be") { $0.create() },
        .allowed("1:1.5 11:1.4 12:1.5", "a create event without a state key") {
            $0.create()
            $0.stateKey = nil
        },
        .allowed("1:1.5 11:1.4 12:1.5", "a create event that names no room version") {
            $0.create()
            $0.content["room_version"] = nil
        },
        .allowed("12:1.5", "a create event with additional creators") {
            $0.create()
            $0.content["additional_creators"] = ["@other:b", "@mod:a"]
        },
        .refused("1:1.1", "a create event that follows another event") {
            $0.create()
            $0.prevEvents = [$0.id("last")]
        },
        .refused("1:1.2 12:-", "a create event of another server than its room id's") {
            $0.create()
            $0.sender = stranger
        },
        .refused("1:1.2 12:-", "a create event without a room id, where one is needed") {
            $0.create()
            $0.roomID = nil
        },
        .refused("12:1.2", "a create event with a room id, where there is none") {
            $0.create()
            $0.roomID = RoomID("!create")
        },
        .refused("1:1.3", "a create event of a room version that we do not know") {
            $0.create()
            $0.content["room_version"] = "org.example.new"
        },
        .refused("1:1.3", "a create event whose room version is no string") {
            $0.create()
            $0.content["room_version"] = 1
        },
        .refused("1:1.4 11:-", "a create event that names no creator") {
            $0.create()
            $0.content["creator"] = nil
        },
        .refused("12:1.4", "a create event whose additional creators are no list") {
            $0.create()
            $0.content["additional_creators"] = "@other:b"
        },
        .refused("12:1.4", "a create event of whose additional creators one is no user id") {
            $0.create()
            $0.content["additional_creators"] = ["@other:b", "other"]
        },
        .refused("12:1.4", "a create event of whose additional creators one is no string") {
            $0.create()
            $0.content["additional_creators"] = ["@other:b", 1]
        },
    ]

    static let named: [AuthExample] = [
        .allowed(.last, "a message of a member") { _ in },
        .refused("12:2", "an event whose room no create event makes") { $0.hasCreate = false },
        .refused("12:2", "an event whose room another create event makes") { $0.roomID = RoomID("!other") },
        .refused("12:2", "an event without a room id") { $0.roomID = nil },
        .refused("12:2", "an event whose room's create event was rejected") { $0.rejected = [$0.id("create")] },
        .refused(.named / "1", "an event that names two power levels events") { scene in
            let second = scene.event("levels2", "m.room.power_levels", "", [:], by: creator)
            scene.changeNamed = { $0.append(second) }
        },
        .refused(.named / "1", "an event that names one event twice, and others it should not") { scene in
            let many = (0..<20).map { scene.event("m\($0)", "m.room.member", Text("@m\($0):a"), [:], by: user) }
            scene.changeNamed = { $0 += many + [many[7]] }
        },
        .refused(.named / "2", "a message that names the join rules") { scene in
            let rule = scene.event("rule", "m.room.join_rules", "", ["join_rule": "public"], by: creator)
            scene.changeNamed = { $0.append(rule) }
        },
        .refused(.named / "2", "a message that names another's membership") { scene in
            let other = scene.event("other", "m.room.member", mod, ["membership": "join"], by: mod)
            scene.changeNamed = { $0.append(other) }
        },
        .refused(.named / "2", "a message that names an event that is no state") { scene in
            let message = scene.event("message", "m.room.message", nil, [:], by: mod)
            scene.changeNamed = { $0.append(message) }
        },
        .refused(.named / "2", "a message that names many that it should not") { scene in
            let many = (0..<20).map { scene.event("m\($0)", "m.room.member", Text("@m\($0):a"), [:], by: user) }
            scene.changeNamed = { $0 += many }
        },
        .refused("12:3.2", "an event that names the create event, where the room id does") { scene in
            let create = scene.createEvent
            scene.changeNamed = { $0.append(create) }
        },
        .refused(.named / "3", "an event that names one that was rejected") { $0.rejected = [$0.id("user")] },
        .refused("1:2.4 12:-", "an event that does not name the create event") { scene in
            scene.changeNamed = { named in named.removeAll { $0.kind == .create } }
        },
        .refused("1:2.4 12:-", "an event of a room whose create event is not there") { $0.hasCreate = false },
        .refused("1:2.5 12:3.4", "an event that names one of another room") { scene in
            let other = AuthEvent(
                id: scene.id("user"),
                type: "m.room.member",
                stateKey: user,
                sender: UserID(user)!,
                roomID: RoomID("!other:a"),
                content: ["membership": "join"]
            )
            scene.changeNamed = { named in named = named.filter { $0.stateKey != user } + [other] }
        },
        .refused("1:3 12:4", "a message from another server in a room that is closed to it") {
            $0.createContent["m.federate"] = false
            $0.memberships[stranger] = "join"
            $0.sender = stranger
        },
        .allowed(.last, "a message from the creator's server in a room that is closed to others") {
            $0.createContent["m.federate"] = false
        },
        .allowed(.last, "a message from another server in an open room") {
            $0.createContent["m.federate"] = true
            $0.memberships[stranger] = "join"
            $0.sender = stranger
        },
    ]

    static let aliases: [AuthExample] = [
        .allowed("1:4.3 6:-", "aliases of the sender's server, from who is not in the room") {
            $0.state("m.room.aliases", "b", by: stranger)
        },
        .refused("1:4.1 6:-", "aliases without a state key") {
            $0.state("m.room.aliases", by: user)
            $0.stateKey = nil
        },
        .refused("1:4.2 6:-", "aliases of another server") { $0.state("m.room.aliases", "b", by: user) },
        .refused(RuleNumbers.notJoined.from(6), "aliases as any other event, from who is not in the room") {
            $0.state("m.room.aliases", "b", by: stranger)
        },
        .allowed(RuleNumbers.last.from(6), "aliases as any other event, for another server") {
            $0.state("m.room.aliases", "b", by: mod)
        },
    ]
}

extension AuthExample {
    static var creator: Text { AuthScene.creator }
    static var mod: Text { AuthScene.mod }
    static var user: Text { AuthScene.user }
    static var stranger: Text { AuthScene.stranger }
}
