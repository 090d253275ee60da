import Testing

@testable import Matrix

@Suite struct RedactionRulesTests {
    struct Keeping: Sendable, CustomTestStringConvertible {
        let type: Text
        let key: Text
        let versions: ClosedRange<Int>
        var testDescription: String { "\(key) of \(type)" }

        init(_ type: Text, _ key: Text, _ versions: ClosedRange<Int>) {
            self.type = type
            self.key = key
            self.versions = versions
        }
    }

    static let kept = [
        Keeping("m.room.member", "membership", 1...12),
        Keeping("m.room.member", "join_authorised_via_users_server", 9...12),
        Keeping("m.room.create", "creator", 1...12),
        Keeping("m.room.create", "room_version", 11...12),
        Keeping("m.room.create", "additional_creators", 11...12),
        Keeping("m.room.join_rules", "join_rule", 1...12),
        Keeping("m.room.join_rules", "allow", 8...12),
        Keeping("m.room.power_levels", "ban", 1...12),
        Keeping("m.room.power_levels", "events", 1...12),
        Keeping("m.room.power_levels", "events_default", 1...12),
        Keeping("m.room.power_levels", "invite", 11...12),
        Keeping("m.room.power_levels", "kick", 1...12),
        Keeping("m.room.power_levels", "redact", 1...12),
        Keeping("m.room.power_levels", "state_default", 1...12),
        Keeping("m.room.power_levels", "users", 1...12),
        Keeping("m.room.power_levels", "users_default", 1...12),
        Keeping("m.room.aliases", "aliases", 1...5),
        Keeping("m.room.history_visibility", "history_visibility", 1...12),
        Keeping("m.room.redaction", "redacts", 11...12),
    ]
    /// Kept in no version.
    static let dropped: [(Text, Text)] = [
        ("m.room.member", "displayname"), ("m.room.member", "reason"), ("m.room.power_levels", "notifications"),
        ("m.room.redaction", "reason"), ("m.room.name", "name"), ("m.room.message", "membership"), ("X", "join_rule"),
        ("m.room.join_rules", "membership"),
    ]

    private func content(_ type: Text, _ key: Text, _ version: RoomVersion) -> JSON.Object? {
        let event: JSON.Object = ["type": .string(type), "content": [key: ["a": 1.5.json], "zzz": 1]]
        return version.redaction.redact(event)["content"]?.object
    }

    @Test(arguments: kept)
    func `keeps in the content`(keeping: Keeping) {
        for (version, number) in zip(RoomVersion.all, 1...) {
            let found = content(keeping.type, keeping.key, version)
            #expect((found?[keeping.key] != nil) == keeping.versions.contains(number), "in version \(number)")
            let keepsAll = keeping.type == "m.room.create" && number >= 11
            #expect((found?["zzz"] != nil) == keepsAll, "in version \(number)")
        }
    }

    @Test(arguments: dropped)
    func `keeps in no version`(type: Text, key: Text) {
        for version in RoomVersion.all { #expect(content(type, key, version) == [:], "in version \(version.id)") }
    }

    @Test func `keeps these keys of an event and no others`() {
        let always: Set<Text> = [
            "event_id", "type", "room_id", "sender", "state_key", "content", "hashes", "signatures", "depth",
            "prev_events", "auth_events", "origin_server_ts",
        ]
        let early: Set<Text> = ["origin", "membership", "prev_state"]
        let never: Set<Text> = ["unsigned", "redacts", "age_ts", "third_party_invite", "Type", "org.example"]
        var event = JSON.Object()
        for key in always.union(early).union(never) { event[key] = 1 }
        for (version, number) in zip(RoomVersion.all, 1...) {
            let redacted = version.redaction.redact(event)
            #expect(Set(redacted.members.map(\.key)) == (number < 11 ? always.union(early) : always))
            #expect(redacted["content"] == [:], "a content that is no object becomes one")
        }
    }

    @Test func `adds the content that an event lacks`() {
        #expect(RoomVersion.v12.redaction.redact(["type": "X"]) == ["type": "X", "content": [:]])
    }

    @Test(
        arguments: [
            (["signed": ["a": 1], "display_name": "b"], ["signed": ["a": 1]]), (["signed": .null], ["signed": .null]),
            (["display_name": "b"], [:]), ([:], [:]), ("signed", nil), ([], nil), (.null, nil),
        ] as [(JSON, JSON?)]
    )
    func `from version 11 on keeps nothing but what is signed of a third-party invite`(invite: JSON, expected: JSON?) {
        let event: JSON.Object = [
            "type": "m.room.member", "content": ["membership": "invite", "third_party_invite": invite],
        ]
        for (version, number) in zip(RoomVersion.all, 1...) {
            let kept = version.redaction.redact(event)["content"]?["third_party_invite"]
            #expect(kept == (number >= 11 ? expected : nil), "in version \(number)")
        }
    }

    @Test func `redacting again changes nothing`() {
        let event: JSON.Object = [
            "type": "m.room.member", "unsigned": 1, "origin": "a",
            "content": ["membership": "join", "displayname": "x", "third_party_invite": ["signed": [:], "b": 1]],
        ]
        for version in RoomVersion.all {
            let once = version.redaction.redact(event)
            #expect(version.redaction.redact(once) == once)
            #expect(once != event)
        }
    }
}

extension Double {
    fileprivate var json: JSON { .number(Text(description)) }
}
