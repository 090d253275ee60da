import TestSupport
import Testing

@testable import Matrix

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct AuthVectorTests {
    @Test(arguments: Vector.all("auth_rules", "event_against_state", "member_event_against_state", "create_event"))
    func `judges an event by a room's state as others do`(vector: Vector) throws {
        let rules = try vector.version().rules
        let state = (vector["state"]?.array ?? []).compactMap(AuthEvent.init(made:))
        let verdict = AuthEvent(made: vector["event"]).map { event in
            let named = state.filter { rules.terms.selection.admits($0, for: event) }
            return rules.judge(event, AuthContext(authEvents: named, isSignedByAuthoriser: true))
        }
        #expect(try verdict?.isAllowed ?? false == vector.isAllowed(), "\(String(describing: verdict))")
    }

    @Test(arguments: Vector.all("auth_rules", "auth_events_selection"))
    func `judges an event by those that it names as others do`(vector: Vector) throws {
        let event = try #require(AuthEvent(made: vector["event"]))
        var room = JudgedRoom(try vector.version())
        for known in vector["events"]?.array ?? [] {
            let made = try #require(AuthEvent(made: known))
            room.add(made, isRejected: known["rejected"] == true)
        }
        #expect(room.judge(event).isAllowed == (try vector.isAllowed()))
    }

    @Test(arguments: Vector.all("auth_rules", "room_in_order", "auth_chain"))
    func `judges each event of a room as others do`(vector: Vector) throws {
        let last = vector["event"].map { [$0] } ?? []
        var room = JudgedRoom(try vector.version())
        var verdicts: [AuthVerdict] = []
        for event in (vector["events"]?.array ?? []) + last {
            let made = try #require(AuthEvent(made: event))
            let verdict = room.judge(made)
            room.add(made, isRejected: !verdict.isAllowed)
            verdicts.append(verdict)
        }
        let expected = vector["expected_all_allowed"] ?? vector["expected_allowed"]
        #expect(verdicts.allSatisfy(\.isAllowed) == expected?.bool, "\(verdicts)")
    }

    @Test(arguments: Vector.all("auth_rules", "auth_types_for_event"))
    func `selects the state that an event names as others do`(vector: Vector) throws {
        let event = try #require(AuthEvent(made: vector["event"]))
        let keys = try vector.version().rules.terms.selection.keys(for: event)
        let expected = (vector["expected_types"]?.array ?? []).map { pair in pair.array?.map(\.text) ?? [] }
        let isSame = Set(keys.map { [$0.type, $0.stateKey] }) == Set(expected)
        #expect(try isSame == (Decision.on(vector) == .agree))
    }

    @Test(arguments: Vector.all("auth_rules", "redaction_event"))
    func `judges a redaction as others do`(vector: Vector) throws {
        let state: [JSON] = [
            ["event_id": "$c:x", "type": "m.room.create", "state_key": "", "sender": "@x:x", "content": [:]],
            [
                "event_id": "$m:x", "type": "m.room.member", "state_key": "@alice:matrix.local",
                "sender": "@alice:matrix.local", "content": ["membership": "join"],
            ],
            try #require(vector["power_levels"]),
        ]
        let event = try #require(AuthEvent(made: vector["event"]))
        let context = AuthContext(
            state: AuthState(state.compactMap(AuthEvent.init(made:))),
            isSignedByAuthoriser: true
        )
        let verdict = try vector.version().rules.judge(event, context)
        #expect(verdict.isAllowed == (try vector.isAllowed()))
        #expect(verdict.rule.description.hasPrefix("11."))
    }

    @Test(arguments: Vector.all("auth_rules", "power_level_value_before_room_version_10"))
    func `reads power levels of early rooms as others do`(vector: Vector) throws {
        let level = LevelFormat.floats.level(try JSON(parsing: vector.text("input").bytes))
        let isRefused = try Decision.on(vector) == .refuse
        #expect(level == (isRefused ? nil : vector["expected"]?.integer))
    }
}

extension Vector {
    fileprivate func isAllowed() throws -> Bool {
        switch try Decision.on(self) {
        case .agree: try bool("expected_allowed")
        case .accept: true
        case .refuse, .acceptAs: false
        }
    }
}

/// The events of a room that were judged so far.
private struct JudgedRoom {
    let version: RoomVersion
    private var events: [EventID: AuthEvent] = [:]
    private var rejected: [EventID] = []

    init(_ version: RoomVersion) { self.version = version }

    mutating func add(_ event: AuthEvent, isRejected: Bool) {
        events[event.id] = event
        if isRejected { rejected.append(event.id) }
    }

    /// An event that names one that is not there is refused, as who judges it could not go on.
    func judge(_ event: AuthEvent) -> AuthVerdict {
        let named = event.authEvents.compactMap { events[$0] }
        guard named.count == event.authEvents.count else {
            return .rejected(AuthRejection(rule: .top, reason: "an event is missing", deciding: []))
        }
        let create = version.namesRoomsByHash ? events.values.first { $0.kind == .create } : nil
        return version.rules.judge(
            event,
            AuthContext(authEvents: named, create: create, rejected: rejected, isSignedByAuthoriser: true)
        )
    }
}

extension AuthEvent {
    /// An event as it stands in the vectors, with a made-up id, and the fields that its test looks at; nil where a
    /// server would have dropped it for its form.
    fileprivate convenience init?(made json: JSON?) {
        func id(_ value: JSON) -> EventID? {
            guard let text = (value.array?.first ?? value).text else { return nil }
            return EventID(text) ?? EventID(Text("$" + text.string.dropFirst()))
        }
        guard let json, let sender = UserID(json["sender"]?.text ?? "@u1:a") else { return nil }
        let room = json["room_id"]?.text.map { RoomID($0) }
        if let room, room == nil { return nil }
        self.init(
            id: (json["event_id"] ?? json["unsigned"]?["event_id"]).flatMap(id) ?? EventID("$none:x")!,
            type: json["type"]?.text ?? "",
            stateKey: json["state_key"]?.text,
            sender: sender,
            roomID: room ?? nil,
            prevEvents: (json["prev_events"]?.array ?? []).compactMap(id),
            authEvents: (json["auth_events"]?.array ?? []).compactMap(id),
            content: json["content"]?.object ?? JSON.Object(),
            redacts: json["redacts"]?.text
        )
    }
}
