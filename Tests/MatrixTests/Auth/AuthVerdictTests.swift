import TestSupport
import Testing

@testable import Matrix

/// What is said of a refusal.
struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let version: RoomVersion
    let says: String
    let deciding: [String]
    let make: @Sendable (inout AuthScene) -> Void

    init(
        _ description: String,
        _ version: RoomVersion,
        _ says: String,
        by deciding: [String],
        _ make: @escaping @Sendable (inout AuthScene) -> Void
    ) {
        testDescription = description
        self.version = version
        self.says = says
        self.deciding = deciding
        self.make = make
    }

    static let all = [
        Refusal("a banned user", .v10, "rule 4.3.3: the sender is banned", by: ["stranger"]) {
            $0.memberships["@stranger:b"] = "ban"
            $0.member("@stranger:b", "join")
        },
        Refusal(
            "a level too low",
            .v10,
            "rule 7: the sender's level is too low for the event's type: @user:a has 0, and m.room.topic requires 50",
            by: ["levels"]
        ) { $0.state("m.room.topic", by: "@user:a") },
        Refusal(
            "a level too low without power levels",
            .v1,
            "rule 8: the sender's level is too low for the event's type: @mod:a has 0, and m.room.topic requires 50",
            by: ["create"]
        ) {
            $0.levels = nil
            $0.state("m.room.topic", by: "@mod:a")
        },
        Refusal(
            "a join rule",
            .v12,
            #"rule 5.3.7: the room's join rule does not let the sender in: the rule is "invite", and @stranger:b has left"#,
            by: ["rule", "stranger"]
        ) {
            $0.memberships["@stranger:b"] = "leave"
            $0.member("@stranger:b", "join")
        },
        Refusal(
            "a kick of a creator",
            .v12,
            "rule 5.5.5: the sender may not kick that user: @mod:a has 50, and kicking requires 50; "
                + "@creator:a has infinite",
            by: ["levels", "create"]
        ) { $0.member("@mod:a", "leave", of: "@creator:a") },
        Refusal(
            "a change of levels",
            .v6,
            "rule 9.3.1: a level that it alters was above the sender's: "
                + "ban: 60 to 0, and @mod:a has 50",
            by: ["levels"]
        ) {
            $0.setLevel("ban", to: 60)
            $0.newLevels(by: "@mod:a") { $0 = $0.with(["ban"], 0) }
        },
        Refusal(
            "an event named by mistake",
            .v11,
            #"rule 2.2: an event in auth_events is none that such an event names: "#
                + #"$rule, m.room.join_rules """#,
            by: ["rule"]
        ) { scene in
            let rule = scene.event("rule", "m.room.join_rules", "", [:], by: "@creator:a")
            scene.changeNamed = { $0.append(rule) }
        },
        Refusal(
            "a sender who was never there", .v3, "rule 6: the sender is not in the room: @x:a was never in it", by: []
        ) { $0.sender = "@x:a" },
    ]
}

@Suite struct AuthVerdictTests {
    @Test(arguments: Refusal.all)
    func `says which rule refused, by which facts and events`(refusal: Refusal) throws {
        var scene = AuthScene(refusal.version)
        refusal.make(&scene)
        guard case .rejected(let rejection) = scene.verdict() else {
            Issue.record("it is allowed")
            return
        }
        #expect(rejection.description == refusal.says)
        #expect(rejection.deciding == refusal.deciding.map { scene.id($0) })
    }

    @Test func `tells of each rule as it is tried`() {
        var trials: [String] = []
        let verdict = AuthScene(.v12).verdict { trials.append("\($0.rule) \($0.outcome)") }
        #expect(verdict == .allowed(by: "11"))
        #expect(
            trials == [
                "1 doesNotApply", "2 doesNotApply", "3 entered", "3.1 doesNotApply", "3.2 doesNotApply",
                "3.3 doesNotApply", "3.4 doesNotApply", "4 doesNotApply", "5 doesNotApply", "6 doesNotApply",
                "7 doesNotApply", "8 doesNotApply", "9 doesNotApply", "10 doesNotApply", "11 allows",
            ]
        )
    }

    @Test func `judges by a room's state without asking what the event names`() {
        let scene = AuthScene(.v11)
        let context = AuthContext(state: AuthState(scene.state), isSignedByAuthoriser: true)
        #expect(scene.version.rules.judge(scene.event, context) == .allowed(by: "10"))
        let without = scene.state.filter { $0.kind != .create }
        let incomplete = AuthContext(state: AuthState(without), isSignedByAuthoriser: true)
        #expect(scene.version.rules.judge(scene.event, incomplete).rule == "2.4")
    }

    @Test(arguments: RoomVersion.all)
    func `lets in each event of a room that was really made`(version: RoomVersion) throws {
        let room = RoomBuilder(version, FakeServer("resident.example"))
        let events = try room.state.map { AuthEvent(try PDU($0.event, version)) }
        for event in events {
            let named = event.authEvents.compactMap { id in events.first { $0.id == id } }
            let create = version.namesRoomsByHash ? events[0] : nil
            let context = AuthContext(authEvents: named, create: create, isSignedByAuthoriser: true)
            let verdict = version.rules.judge(event, context)
            #expect(verdict.isAllowed, "\(event.type): \(verdict)")
        }
    }
}
