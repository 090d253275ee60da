import Testing

@testable import Matrix

@Suite struct TemplateChecksTests {
    /// One thing changed in a good template.
    struct Lie: Sendable, CustomTestStringConvertible {
        let field: Text
        let path: [Text]
        let value: JSON?
        let version: RoomVersion
        var testDescription: String {
            let shown = value.map { text(Array($0.compact.prefix(60))) } ?? "absent"
            return "\(path.map(\.string).joined(separator: ".")) in version \(version.id): \(shown)"
        }

        init(_ field: Text, in path: [Text]? = nil, _ value: JSON?, _ version: RoomVersion = .v11) {
            self.field = field
            self.path = path ?? (field == "room_version" ? [field] : ["event", field])
            self.value = value
            self.version = version
        }
    }

    private func refusal(of answer: JSON, for request: TemplateRequest) -> MembershipTemplate.Refusal? {
        #expect(throws: MembershipTemplate.Refusal.self) { try MembershipTemplate(checking: answer, for: request) }
    }

    private func field(of refusal: MembershipTemplate.Refusal?) -> Text? {
        if case .field(let field, _) = refusal { field } else { nil }
    }

    static let membership: [Text] = ["event", "content", "membership"]
    static let identity: [Lie] =
        [
            Lie("type", "m.room.Member"), Lie("type", "m.room.member "), Lie("type", "m.room.power_levels"),
            Lie("type", nil),
            Lie("type", ["m.room.member"]), Lie("type", "m.room.m\u{200B}ember"),
            Lie("room_id", "!other:resident.example:8448"), Lie("room_id", "!room:resident.example"),
            Lie("room_id", nil),
            Lie("room_id", 1), Lie("room_id", "!ROOM:resident.example:8448"), Lie("room_id", "", .v12),
            Lie("room_id", "!Ohcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ", .v12),
            Lie("content.membership", in: ["event", "content"], nil),
            Lie("content.membership", in: ["event", "content"], "join"),
            Lie("content.membership", in: ["event", "content"], ["join"]),
        ]
        + ["sender", "state_key"].flatMap { field in
            [
                Lie(field, "@bob:joiner.example"), Lie(field, "@Alice:joiner.example"),
                Lie(field, "@alice:joiner.example "),
                Lie(field, ""), Lie(field, nil), Lie(field, .null), Lie(field, ["@alice:joiner.example"]),
            ]
        }
        + ["leave", "ban", "invite", "knock", "Join", "join ", nil, .null, true, ["join"]].map {
            Lie("content.membership", in: membership, $0)
        }
    @Test(arguments: identity)
    func `refuses a template that lies of what it is for`(lie: Lie) {
        let refusal = refusal(
            of: Sample.answer(lie.version).with(lie.path, lie.value),
            for: Sample.request(lie.version)
        )
        #expect(field(of: refusal) == lie.field)
    }

    @Test(arguments: ["sender", "state_key", "room_id"] as [Text])
    func `refuses the twin in the other normal form`(key: Text) throws {
        let request = TemplateRequest(
            membership: .join,
            roomID: try #require(RoomID("!\u{E9}:a")),
            user: try #require(UserID("@\u{E9}:a")),
            resident: Sample.resident,
            offered: [.v11]
        )
        let good = Sample.answer(.v11).with(["event", "room_id"], "!\u{E9}:a").with(["event", "sender"], "@\u{E9}:a")
            .with(["event", "state_key"], "@\u{E9}:a")
        #expect(throws: Never.self) { try MembershipTemplate(checking: good, for: request) }
        let twin: JSON = key == "room_id" ? "!e\u{301}:a" : "@e\u{301}:a"
        #expect(field(of: refusal(of: good.with(["event", key], twin), for: request)) == key)
    }

    static func list(_ numbers: [Int], _ version: RoomVersion) -> JSON {
        .array(numbers.map { Sample.reference($0, version) })
    }

    static let references: [Lie] = ["prev_events", "auth_events"].flatMap { (field: Text) -> [Lie] in
        let tooMany = Array(1...(field == "prev_events" ? 21 : 11))
        let everywhere = RoomVersion.all.flatMap { version in
            [
                Lie(field, nil, version), Lie(field, .null, version), Lie(field, [:], version),
                Lie(field, "$a", version),
                Lie(field, [1], version), Lie(field, [.null], version), Lie(field, list([1, 2, 1], version), version),
                Lie(field, list(tooMany, version), version),
                Lie(field, list([1], version.choosesEventIDs ? .v4 : .v1), version),
                Lie(field, [["$a:b"]], version), Lie(field, [["$a:b", [:], [:]]], version),
            ]
        }
        return everywhere
            + [
                Lie(field, list([1], .v4), .v3), Lie(field, list([1], .v3), .v2),
                Lie(field, [["$a:b", "sha256"]], .v1),
                Lie(field, [["$a:b", ["sha256": 1]]], .v1), Lie(field, [["$a:b", ["sha256": "*"]]], .v1),
                Lie(field, [["$a:b", ["md5": "Zg"]]], .v1), Lie(field, [["$a:b", ["sha256": "Zg", "x": "Zg"]]], .v2),
                Lie(field, [["$a:b", [:]], ["$a:b", ["sha256": "Zg"]]], .v1), Lie(field, ["$a:b"], .v1),
                Lie(field, ["$"], .v11), Lie(field, ["!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ"], .v11),
            ]
    }
    @Test(arguments: references)
    func `refuses references that are none`(lie: Lie) {
        let answer = Sample.answer(lie.version).with(lie.path, lie.value)
        #expect(field(of: refusal(of: answer, for: Sample.request(lie.version))) == lie.field)
    }

    @Test(arguments: RoomVersion.all)
    func `admits as many references as an event may have`(version: RoomVersion) throws {
        let answer = Sample.answer(version).with(["event", "prev_events"], Self.list(Array(1...20), version))
            .with(["event", "auth_events"], Self.list(Array(1...10), version))
        let template = try MembershipTemplate(checking: answer, for: Sample.request(version))
        #expect(template.prevEvents.count == 20)
        #expect(template.authEvents.count == 10)
    }

    @Test(arguments: RoomVersion.all)
    func `only version 12 does without auth events, and none without prev events`(version: RoomVersion) {
        let request = Sample.request(version)
        let noAuth = Sample.answer(version).with(["event", "auth_events"], [])
        if version == .v12 {
            #expect(throws: Never.self) { try MembershipTemplate(checking: noAuth, for: request) }
        } else {
            #expect(field(of: refusal(of: noAuth, for: request)) == "auth_events")
        }
        #expect(
            field(of: refusal(of: Sample.answer(version).with(["event", "prev_events"], []), for: request))
                == "prev_events"
        )
    }

    @Test func `refuses the create event among version 12's auth events`() {
        let create: JSON = "$Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ"
        let answer = Sample.answer(.v12).with(["event", "auth_events"], [Sample.reference(1, .v12), create])
        #expect(field(of: refusal(of: answer, for: Sample.request(.v12))) == "auth_events")
        let asPrevious = Sample.answer(.v12).with(["event", "prev_events"], [create])
        #expect(throws: Never.self) { try MembershipTemplate(checking: asPrevious, for: Sample.request(.v12)) }
    }

    static let depths: [JSON?] = [
        nil, .null, -1, "12", .number("12.0"), .number("1e1"), .number("-0"), 9_007_199_254_740_992,
        .number("9223372036854775808"), [12], true,
    ]
    @Test(arguments: depths)
    func `refuses as a depth`(depth: JSON?) {
        for version in [RoomVersion.v1, .v5, .v12] {
            let answer = Sample.answer(version).with(["event", "depth"], depth)
            #expect(field(of: refusal(of: answer, for: Sample.request(version))) == "depth")
        }
    }

    @Test(arguments: [0, 1, 9_007_199_254_740_991])
    func `admits as a depth`(depth: Int) throws {
        let answer = Sample.answer(.v11).with(["event", "depth"], .integer(depth))
        #expect(try MembershipTemplate(checking: answer, for: Sample.request(.v11)).depth == depth)
    }

    static let authorisers: [JSON] = [
        "@boss:joiner.example", "@boss:resident.example", "@boss:resident.example:8449", "@boss:RESIDENT.example:8448",
        "boss",
        "", .null, 1, ["@boss:resident.example:8448"], "@boss:", "!boss:resident.example:8448",
    ]
    @Test(arguments: authorisers)
    func `refuses as an authoriser`(authoriser: JSON) throws {
        let key: Text = "join_authorised_via_users_server"
        for version in RoomVersion.all {
            let answer = Sample.answer(version).with(["event", "content", key], authoriser)
            guard version.allowsRestrictedJoins else {
                #expect(try MembershipTemplate(checking: answer, for: Sample.request(version)).authoriser == nil)
                continue
            }
            #expect(field(of: refusal(of: answer, for: Sample.request(version))) == key)
        }
    }

    static let versions: [(JSON?, [RoomVersion])] = [
        (nil, [.v3, .v11]), (nil, []), ("11", [.v10, .v12]), ("13", RoomVersion.all), ("", RoomVersion.all),
        ("11 ", RoomVersion.all), (.null, RoomVersion.all), (11, RoomVersion.all), (["11"], RoomVersion.all),
        ("12", RoomVersion.all), ("org.example", RoomVersion.all),
    ]
    @Test(arguments: versions)
    func `refuses as a room version`(version: JSON?, offered: [RoomVersion]) {
        let answer = Sample.answer(.v11).with(["room_version"], version)
        #expect(field(of: refusal(of: answer, for: Sample.request(.v11, offered: offered))) == "room_version")
    }

    @Test func `refuses a version that does not go with the room id`() {
        for version in RoomVersion.all.dropLast() {
            let answer = Sample.answer(.v12).with(["room_version"], .string(version.id))
            #expect(field(of: refusal(of: answer, for: Sample.request(.v12))) == "room_version")
        }
        let unnamed = Sample.answer(.v12).with(["room_version"], nil)
        #expect(field(of: refusal(of: unnamed, for: Sample.request(.v12))) == "room_version")
    }

    @Test(
        arguments: [
            .null, [], "x", 1, [:], ["room_version": "11"], ["event": .null, "room_version": "11"],
            ["event": [], "room_version": "11"],
        ] as [JSON]
    )
    func `refuses what is no template at all`(answer: JSON) {
        guard case .malformed = refusal(of: answer, for: Sample.request(.v11)) else {
            Issue.record("it is malformed")
            return
        }
    }

    @Test func `says what was found and what is due`() {
        let request = Sample.request(.v11)
        let sender = refusal(of: Sample.answer(.v11).with(["event", "sender"], "@bob:b"), for: request)
        #expect(sender?.description == "sender is \"@bob:b\" where \"@alice:joiner.example\" is due")
        let missing = refusal(of: Sample.answer(.v11).with(["event", "type"], nil), for: request)
        #expect(missing?.description == "type is missing where \"m.room.member\" is due")
        let list = refusal(of: Sample.answer(.v11).with(["event", "prev_events"], 1), for: request)
        #expect(list?.description == "prev_events is not a list")
        let form = refusal(of: Sample.answer(.v11).with(["event", "auth_events"], [1]), for: request)
        #expect(form?.description == "auth_events holds what is no event reference of room version 11")
    }
}
