import TestSupport
import Testing

@testable import Matrix

/// An event read straight from its bytes is the event that its tree is.
@Suite struct EventReaderTests {
    /// The specification's words on an event's form, asked of its tree: what the reader has to agree with.
    private static func isEvent(_ event: JSON.Object, _ version: RoomVersion) -> Bool {
        func isText(_ key: Text) -> Bool { event[key]?.text.map { $0.count <= 255 } ?? false }
        guard isText("type"), event["state_key"] == nil || isText("state_key"), event["content"]?.object != nil,
            event["sender"]?.text.flatMap({ UserID($0) }) != nil, event["origin_server_ts"]?.integer != nil,
            let depth = event["depth"]?.integer, depth >= 0
        else { return false }
        for key: Text in ["auth_events", "prev_events"] {
            guard (try? EventReferences.read(event[key], key, version)) != nil else { return false }
        }
        let isNameless = version.namesRoomsByHash && event["type"]?.text == "m.room.create"
        guard isNameless ? event["room_id"] == nil : event["room_id"]?.text.flatMap({ RoomID($0) }) != nil else {
            return false
        }
        if version.choosesEventIDs {
            guard let id = event["event_id"]?.text.flatMap({ EventID($0) }), version.admits(id) else { return false }
        }
        // Everything but `unsigned` has to have a canonical form.
        let signed = SignedJSON.withoutUnsigned(event)
        guard let whole = try? CanonicalJSON(signed, numbers: version.numbers) else { return false }
        return whole.bytes.count <= 65_536
    }

    private static let deciding: Set<Text> = ["membership", "third_party_invite", "join_authorised_via_users_server"]

    /// Reads `bytes` with `reader` and as a tree, and compares what comes out.
    private func compare(_ bytes: [UInt8], _ reader: inout EventReader, _ context: String) throws {
        let version = reader.version
        let object = try #require(try JSON(parsing: bytes).object)
        let signable = try? EventHashes.signable(object, version).bytes
        guard let facts = try? reader.read(bytes.span) else {
            #expect(!Self.isEvent(object, version), "\(context): refused")
            #expect(throws: PDU.Failure.self, "\(context)") { try PDU(object, version) }
            return
        }
        #expect(Self.isEvent(object, version), "\(context): taken")
        #expect(reader.signable == signable, "\(context)")
        #expect(facts.id == (try EventHashes.id(object, version)), "\(context)")
        #expect(facts.key == EventKey(facts.id, version), "\(context)")
        #expect(facts.contentMatches == EventHashes.contentMatches(object, version), "\(context)")
        #expect(reader.object(bytes.span) == object, "\(context)")
        #expect(reader.content(bytes.span) == object["content"]?.object, "\(context)")
        #expect(
            reader.requiredServers(facts, bytes.span) == EventSignatures.requiredServers(of: object, version),
            "\(context)")
        if reader.needsSendersAlone {
            #expect(EventSignatures.requiredServers(of: object, version) == [facts.sender.server], "\(context)")
        }
        if facts.type == "m.room.member" {
            let deciding = object["content"]?.object?.filter { Self.deciding.contains($0) }
            #expect(reader.contentOfMember(bytes.span) == deciding, "\(context)")
        }
        #expect(reader.signers(bytes.span) == SignedJSON.signers(of: object), "\(context)")
        for name in SignedJSON.signers(of: object) {
            guard let server = ServerName(name) else { continue }
            let found = reader.signatures(of: server, bytes.span)
            #expect(
                Dictionary(found) { first, _ in first } == SignedJSON.signatures(of: server, on: object), "\(context)")
        }
        try comparePDU(facts, object, version, context)
    }

    private func comparePDU(
        _ facts: EventFacts, _ object: JSON.Object, _ version: RoomVersion, _ context: String
    ) throws {
        let pdu = try PDU(object, version)
        #expect(facts.id == pdu.id, "\(context)")
        #expect(facts.type == pdu.type, "\(context)")
        #expect(facts.stateKey == pdu.stateKey, "\(context)")
        #expect(facts.sender == pdu.sender, "\(context)")
        #expect(facts.roomID == pdu.roomID, "\(context)")
        #expect(facts.timestamp == pdu.timestamp, "\(context)")
        #expect(facts.authEvents == pdu.authEvents.map { EventKey($0, version) }, "\(context)")
        #expect(facts.hasPrevious == !pdu.prevEvents.isEmpty, "\(context)")
        #expect(
            facts.previous == (pdu.prevEvents.count == 1 ? EventKey(pdu.prevEvents[0], version) : nil), "\(context)")
    }

    @Test(arguments: RoomVersion.all)
    func `of random text, in every version`(version: RoomVersion) throws {
        var reader = EventReader(version, room: Sample.roomID(version))
        var taken = 0
        for seed in 0..<250 {
            var random = RandomEvent(seed: seed, version)
            let bytes = try random.signed()
            try compare(bytes, &reader, "seed \(seed)")
            if (try? reader.read(bytes.span)) != nil { taken += 1 }
        }
        #expect((60..<240).contains(taken), "both kinds occur, \(taken) of 250 are events")
    }

    @Test(arguments: RoomVersion.all)
    func `every key that redaction keeps is known`(version: RoomVersion) {
        #expect(version.redaction.topLevel.subtracting(EventReader.keys) == [])
    }

    static let vectors =
        Vector.all("event_hash") + Vector.all("redaction")
        + Vector.all("signing", "sign_event", "verify_event", "servers_that_must_sign")

    @Test(.enabled(if: Vector.arePresent, Shared.absence), arguments: vectors)
    func `of the events of others`(vector: Vector) throws {
        let event = try #require((vector["event"] ?? vector["input"])?.object)
        let version = try vector.version()
        var reader = EventReader(version)
        try compare(JSON.object(event).compact, &reader, vector.name)
        // What lacks something that every event has is hashed all the same; the reader wants a content.
        guard event["content"]?.object != nil else { return }
        _ = try? reader.read(JSON.object(event).compact.span)
        #expect(reader.signable == (try EventHashes.signable(event, version).bytes))
    }

    @Test func `says what is wrong with what is no event at all`() {
        var reader = EventReader(.v11)
        for (document, words) in [
            ("[]", "it is not an object"), ("7", "it is not an object"), ("", "a value is missing at byte 0"),
            ("{\"a\":1,\"a\":1}", "a key stands twice in the object that ends at byte 13"),
            (
                "{\"content\":{\"a\":1,\"b\":{\"c\":1,\"c\":1}}}",
                "a key stands twice in the object that ends at byte 35"
            ),
            ("{} ]", "there is more after the value at byte 3"), ("{}", "type is missing"),
        ] {
            let failure = #expect(throws: PDU.Failure.self) { try reader.read(Array(document.utf8).span) }
            #expect(failure?.description == words)
        }
    }

    @Test func `an event after one that was refused is read as if that had not been`() throws {
        var reader = EventReader(.v11)
        let good = PDUTests.message(.v11)
        let bytes = good.compact
        let before = try reader.read(bytes.span)
        for bad: JSON in [
            [], good.with(["content"], nil), good.with(["state_key"], 1), good.with(["hashes"], .number("1.5")),
        ] {
            let bad = bad.compact
            #expect(throws: PDU.Failure.self) { try reader.read(bad.span) }
            #expect(try reader.read(bytes.span).id == before.id)
            #expect(try reader.read(bytes.span).stateKey == nil)
        }
    }

    @Test func `a member's content is its own, however many memberships were read before`() throws {
        var reader = EventReader(.v11)
        let memberships: [JSON] = [
            "join", "leave", "join", "", "ban", "joim", "joi", "invite", "knock", "other", "é", "join", 1, .null,
            ["join"], "leave",
        ]
        let others: [JSON] = [[:], ["displayname": "x"], ["third_party_invite": 1]]
        for membership in memberships {
            for more in others {
                var content = try #require(more.object)
                content["membership"] = membership
                let event = PDUTests.message(.v11).with(["type"], "m.room.member").with(["content"], .object(content))
                try compare(event.compact, &reader, "\(content)")
            }
            let bytes = PDUTests.message(.v11).with(["type"], "m.room.member").with(["content"], [:]).compact
            try compare(bytes, &reader, "no membership")
        }
    }

    @Test(arguments: RoomVersion.all)
    func `signatures and hashes have a canonical form, too`(version: RoomVersion) throws {
        var reader = EventReader(version)
        let values: [JSON] = [
            ["a": ["b": .number("1.5")]], ["a": [.integer(9_007_199_254_740_992)]], ["b": 1, "a": [:]], ["a": "é\n"],
        ]
        for key: Text in ["signatures", "hashes"] {
            for value in values {
                let event = PDUTests.message(version).with([key], value)
                try compare(event.compact, &reader, "\(key)")
                let spaced = String(decoding: event.compact, as: UTF8.self).replacing(":", with: " : ")
                try compare(Array(spaced.utf8), &reader, "\(key), spaced")
            }
        }
    }

    @Test func `text that is far longer than an event can be is refused unread`() {
        var reader = EventReader(.v11)
        let event = "{\"unsigned\":[" + String(repeating: "[],", count: 1 << 20) + "0]}"
        let failure = #expect(throws: PDU.Failure.self) { try reader.read(Array(event.utf8).span) }
        #expect(failure?.description == "it has \(event.utf8.count) bytes, more than an event can have")
    }

    @Test func `no text is too long for an event of the largest size, however it is escaped`() throws {
        var reader = EventReader(.v11)
        let long = String(repeating: "a", count: 65_000)
        let escaped = String(repeating: "\\u0061", count: 65_000)
        let whole = String(
            decoding: PDUTests.message(.v11).with(["content", "body"], .string(Text(long))).compact, as: UTF8.self)
        let id = try reader.read(Array(whole.utf8).span).id
        #expect(try reader.read(Array(whole.replacing(long, with: escaped).utf8).span).id == id)
    }
}

/// An event as a server may send it, and now and then as none may.
private struct RandomEvent {
    private var random: RandomJSON
    private let version: RoomVersion

    private static let contentKeys = [
        "membership", "creator", "room_version", "join_rule", "allow", "ban", "events", "events_default", "invite",
        "kick",
        "redact", "state_default", "users", "users_default", "users_defaults", "users_de", "aliases",
        "history_visibility",
        "history_visibilitz", "third_party_invite", "third_party_invitf", "signed", "join_authorised_via_users_server",
        "redacts", "a", "é", "e\u{301}", "", "\n",
    ]
    private static let types = [
        "m.room.member", "m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.aliases",
        "m.room.history_visibility", "m.room.redaction", "m.room.message", "m.room.membes", "m.room.memberr",
    ]

    init(seed: Int, _ version: RoomVersion) {
        random = RandomJSON(seed: seed)
        self.version = version
    }

    /// The event with a content hash, which is right as a rule, and its text in any order.
    mutating func signed() throws -> [UInt8] {
        var members = self.members()
        let unhashed = try JSON(reading: random.object(members)).object ?? [:]
        if random.chance(8) { return Array(random.object(members).utf8) }
        var hash = (try? EventHashes.content(unhashed, version)) ?? [UInt8](repeating: 1, count: 32)
        if random.chance(8) { hash[0] ^= 1 }
        members.removeAll { $0.0 == "hashes" }
        let padding = random.chance(5) ? "=" : ""
        members.append(("hashes", random.object([("sha256", random.quoted(Base64.encode(hash).string + padding))])))
        return Array(random.object(members).utf8)
    }

    private mutating func members() -> [(String, String)] {
        let type = random.one(of: Self.types)
        var members = [
            ("type", random.quoted(type)),
            ("sender", random.quoted(random.one(of: ["@u:a.example", "@é:b.example:1", "@:[::1]"]))),
            ("content", content(type)),
            ("origin_server_ts", String(Int.random(in: 0...2_000_000_000_000, using: &random))),
            ("depth", random.one(of: ["0", "7", "9007199254740991"])), ("prev_events", references()),
            ("auth_events", references()),
        ]
        if !(version.namesRoomsByHash && type == "m.room.create") || random.chance(20) {
            members.append(("room_id", random.quoted(random.one(of: [Sample.roomID(version).text.string, "!r:a"]))))
        }
        if random.chance(2) {
            members.append(("state_key", random.quoted(random.one(of: ["", "@u:a.example", "\n", "é"]))))
        }
        if version.choosesEventIDs || random.chance(20) {
            members.append(("event_id", random.quoted("$own/é:a.example")))
        }
        if !random.chance(4) { members.append(("signatures", signatures())) }
        for key in ["unsigned", "origin", "membership", "prev_state", "redacts", "age_ts", "auth_even", "origin_s"]
        where random.chance(4) { members.append((key, random.value(keys: Self.contentKeys))) }
        if random.chance(4) { spoil(&members) }
        return members
    }

    private mutating func content(_ type: String) -> String {
        var members = random.members(keys: Self.contentKeys).filter {
            version.numbers == .lenient || !$0.1.contains("e")
        }
        if type == "m.room.member" {
            members.removeAll {
                ["membership", "third_party_invite", "join_authorised_via_users_server"].contains($0.0)
            }
            members.append(("membership", random.quoted(random.one(of: ["join", "invite", "ban", "x"]))))
            if random.chance(3) {
                let signed = ("signed", random.value(keys: ["mxid", "token"], depth: 3))
                members.append(
                    ("third_party_invite", random.chance(4) ? "1" : random.object([signed, ("display_name", "\"x\"")])))
            }
            if random.chance(3) {
                members.append(("join_authorised_via_users_server", random.one(of: ["\"@m:c\"", "\"m\"", "1"])))
            }
        }
        return random.object(members)
    }

    private mutating func references() -> String {
        let list = (0..<Int.random(in: 0...3, using: &random)).map { _ -> String in
            let id = random.quoted(Sample.eventID(Int.random(in: 0...200, using: &random), version).string)
            return version.choosesEventIDs ? "[\(id),{\"sha256\":\"AAAA\"}]" : id
        }
        return "[" + list.joined(separator: ",") + "]"
    }

    private mutating func signatures() -> String {
        let servers = ["a.example", "b.example:1", "no server", "a"].shuffled(using: &random).prefix(2)
        let members = servers.map { server -> (String, String) in
            let keys = ["ed25519:1", "ed25519:two", "ed25519:policy_server", "rsa:1", "nonsense"].shuffled(
                using: &random)
            let few = keys.prefix(Int.random(in: 0...3, using: &random))
            return (
                server,
                random.object(
                    few.map { ($0, random.one(of: ["\"AAAA\"", "\"AAAA====\"", "\"AQ==\"", "1", "\"\\u0041AAA\""])) })
            )
        }
        return random.chance(10) ? "[]" : random.object(members)
    }

    /// Takes something out, or puts what does not belong there.
    private mutating func spoil(_ members: inout [(String, String)]) {
        let at = Int.random(in: 0..<members.count, using: &random)
        if random.chance(2) {
            members.remove(at: at)
        } else {
            members[at].1 = random.value(keys: Self.contentKeys)
        }
    }
}
