import Testing

@testable import Matrix

@Suite struct MembershipEventTests {
    static func event(
        _ version: RoomVersion,
        _ content: MembershipEvent.Content = .init(),
        answer: JSON? = nil
    ) throws -> MembershipEvent {
        let template = try MembershipTemplate(checking: answer ?? Sample.answer(version), for: Sample.request(version))
        return MembershipEvent(template, content: content, timestamp: Sample.timestamp, opaque: "opaque")
    }

    private static func keys(_ version: RoomVersion) -> Set<Text> {
        let all: Set<Text> = [
            "type", "room_id", "sender", "state_key", "content", "origin", "origin_server_ts", "prev_events",
            "auth_events",
            "depth", "hashes", "signatures",
        ]
        return version.choosesEventIDs ? all.union(["event_id"]) : all
    }

    @Test(arguments: RoomVersion.all)
    func `signs exactly the keys that are ours to sign, whatever the template holds`(version: RoomVersion) throws {
        var answer = Sample.answer(version).with(["event", "content", "displayname"], "Mallory")
        for key in Stuffing.keys {
            answer = answer.with(["event", key], Stuffing.value).with(["event", "content", key], Stuffing.value)
        }
        answer = answer.with(TemplateChecksTests.membership, "join")
        let stuffed = try Sample.key.sign(Self.event(version, answer: answer))
        #expect(Set(stuffed.pdu.object.members.map(\.key)) == Self.keys(version))
        #expect(stuffed.pdu.content == ["membership": "join"])
        #expect(stuffed.pdu.object["origin"] == "joiner.example")
        #expect(stuffed.bytes == (try Sample.key.sign(Self.event(version)).bytes))
    }

    @Test func `fills in what was asked for and what was checked`() throws {
        let event = try Self.event(.v11).object
        #expect(
            event == [
                "type": "m.room.member", "room_id": "!room:resident.example:8448", "sender": "@alice:joiner.example",
                "state_key": "@alice:joiner.example", "content": ["membership": "join"], "origin": "joiner.example",
                "origin_server_ts": .integer(Sample.timestamp), "prev_events": [Sample.reference(1, .v11)],
                "auth_events": [Sample.reference(2, .v11), Sample.reference(3, .v11)], "depth": 12,
            ]
        )
    }

    @Test func `a display name and a reason are the person's own`() throws {
        let content = MembershipEvent.Content(displayName: "Al\u{E9} \"x\"\n", reason: "")
        let event = try Sample.key.sign(Self.event(.v11, content))
        #expect(event.pdu.content == ["membership": "join", "displayname": "Al\u{E9} \"x\"\n", "reason": ""])
    }

    @Test(arguments: RoomVersion.all)
    func `an authoriser is signed from version 8 on`(version: RoomVersion) throws {
        let key: Text = "join_authorised_via_users_server"
        let answer = Sample.answer(version).with(["event", "content", key], "@boss:resident.example:8448")
        let signed = try Sample.key.sign(Self.event(version, answer: answer))
        #expect(signed.pdu.content[key]?.text == (version.allowsRestrictedJoins ? "@boss:resident.example:8448" : nil))
        let due = EventSignatures.requiredServers(of: signed.pdu.object, version)
        #expect(due == (version.allowsRestrictedJoins ? [Sample.joiner, Sample.resident] : [Sample.joiner]))
    }

    @Test func `a leave is a leave`() throws {
        let request = Sample.request(.v11, .leave)
        let template = try MembershipTemplate(checking: Sample.answer(.v11, membership: "leave"), for: request)
        let event = MembershipEvent(template, content: .init(reason: "bye"), timestamp: 1, opaque: "x")
        #expect(event.object["content"] == ["membership": "leave", "reason": "bye"])
    }
}

@Suite struct SignedMembershipTests {
    private func sign(_ version: RoomVersion, _ content: MembershipEvent.Content = .init()) throws -> SignedMembership {
        try Sample.key.sign(MembershipEventTests.event(version, content))
    }

    @Test(arguments: RoomVersion.all)
    func `another server finds hash, signature and id as they should be`(version: RoomVersion) throws {
        let signed = try sign(version, .init(displayName: "Alice"))
        let read = try #require(try JSON(parsing: signed.bytes).object)
        #expect(EventHashes.contentMatches(read, version))
        #expect(read["hashes"] == ["sha256": .string(signed.contentHash)])
        #expect(SignedJSON.signers(of: read) == ["joiner.example"])
        let keys = [Sample.key.id: KnownKey(key: Sample.key.publicKey, validity: .until(Sample.timestamp))]
        let verdict = EventSignatures.check(read, version, of: Sample.joiner, now: Sample.timestamp, keys: keys)
        #expect(verdict == .valid)
        #expect(try PDU(read, version).id == signed.id)
        #expect(version.admits(signed.id))
    }

    @Test(arguments: RoomVersion.all)
    func `the id is ours in versions 1 and 2 and the event's hash in later ones`(version: RoomVersion) throws {
        let signed = try sign(version)
        guard version.choosesEventIDs else {
            let hash = try EventHashes.reference(signed.pdu.object, version)
            #expect(signed.id.text.string == "$" + Base64.encode(hash, urlSafe: version.isURLSafe).string)
            return
        }
        #expect(signed.id.text == "$opaque:joiner.example")
        #expect(signed.id.server == Sample.joiner)
    }

    @Test(arguments: RoomVersion.all)
    func `whatever is signed decides the hash and the signature`(version: RoomVersion) throws {
        let plain = try sign(version)
        let named = try sign(version, .init(displayName: "Alice"))
        #expect(plain.contentHash != named.contentHash)
        #expect(plain.pdu.object["signatures"] != named.pdu.object["signatures"])
    }

    @Test(arguments: [RoomVersion.v1, .v11, .v12])
    func `an event of 65535 bytes is sent and one of 65536 is not`(version: RoomVersion) throws {
        let empty = try sign(version, .init(reason: "")).bytes.count
        func filled(_ size: Int) -> MembershipEvent.Content {
            .init(reason: Text(String(repeating: "a", count: size - empty)))
        }
        #expect(try sign(version, filled(65_535)).bytes.count == 65_535)
        let failure = #expect(throws: SignedMembership.Failure.self) { try sign(version, filled(65_536)) }
        #expect(failure?.description == "the event has 65536 bytes, more than 65535")
        let larger = #expect(throws: SignedMembership.Failure.self) { try sign(version, filled(70_000)) }
        #expect(larger?.description.contains("70000 bytes") == true)
    }

    @Test func `a time that canonical JSON cannot say is refused from version 6 on`() throws {
        for version in [RoomVersion.v6, .v12] {
            let event = MembershipEvent(
                try Sample.template(version),
                content: .init(),
                timestamp: 9_007_199_254_740_992,
                opaque: "x"
            )
            let failure = #expect(throws: SignedMembership.Failure.self) { try Sample.key.sign(event) }
            #expect(failure?.description.contains("9007199254740992") == true)
        }
    }

    @Test func `signs under no key id that speaks for no server`() throws {
        let id = try #require(KeyID(KeyID.policyServer))
        let key = try #require(SigningKey(id: id, seed: Sample.seed))
        #expect(throws: SignedMembership.Failure.self) { try key.sign(MembershipEventTests.event(.v11)) }
    }
}
