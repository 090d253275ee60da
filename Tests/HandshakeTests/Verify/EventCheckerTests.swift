import Matrix
import TestSupport
import Testing

@testable import Federation
@testable import Handshake

/// What an event's own bytes and the keys at hand tell of it.
@Suite struct EventCheckerTests {
    private static let sender = FakeServer("a.example")
    private static let other = FakeServer("b.example")
    private static let now = 1_790_000_000_000

    private static func table(_ servers: [FakeServer], isFinal: Bool = false) -> KeyTable {
        var table = KeyTable()
        for server in servers {
            table.add(
                [server.keyID: KnownKey(key: server.publicKey, validity: .until(4_000_000_000_000))], of: server.name,
                from: .server)
        }
        if isFinal { table.close() }
        return table
    }

    private func read(
        _ event: JSON.Object, _ version: RoomVersion, _ keys: KeyTable = table([sender, other])
    ) throws -> ReadEvent {
        let body = Blob(Array("  ".utf8) + JSON.object(event).compact + Array("]".utf8))
        var checker = EventChecker(version, room: nil, keys: keys, now: Self.now)
        return try checker.read(2..<(body.count - 1), of: body).get()
    }

    /// An event of the sender before it is hashed and signed.
    private func event(
        _ type: Text, _ content: JSON.Object, _ version: RoomVersion, _ more: JSON.Object = [:]
    ) -> JSON.Object {
        var event: JSON.Object = [
            "type": .string(type), "sender": .string(Self.sender.user("u").text), "content": .object(content),
            "room_id": "!r:a.example", "origin_server_ts": 1_700_000_000_000, "depth": 3, "prev_events": [],
            "auth_events": [], "state_key": .string(Self.sender.user("u").text),
        ]
        if version.choosesEventIDs { event["event_id"] = "$e:a.example" }
        for member in more.members { event[member.key] = member.value }
        return event
    }

    private func verdict(_ read: ReadEvent) -> String {
        switch read.signatures {
        case .valid: "valid"
        case .bad(let fault): fault.words
        case .pending(let servers): "pending \(servers.map(\.description).joined(separator: " "))"
        }
    }

    @Test(arguments: RoomVersion.all)
    func `an event that its sender's server signed is valid`(version: RoomVersion) throws {
        let signed = Self.sender.signed(event: event("m.room.member", ["membership": "join"], version), version)
        #expect(verdict(try read(signed, version)) == "valid")
        #expect(verdict(try read(signed, version, Self.table([]))) == "pending a.example")
        #expect(
            verdict(try read(signed, version, Self.table([], isFinal: true)))
                == "no key ed25519:k0 of a.example that was valid then")
        #expect(verdict(try read(signed.filter { $0 != "signatures" }, version)) == "not signed by a.example")
        let twin = FakeServer("a.example", twin: true)
        let forged = twin.signed(event: event("m.room.member", ["membership": "join"], version), version)
        #expect(verdict(try read(forged, version)) == "the signature of a.example by ed25519:k0 is wrong")
    }

    @Test(arguments: RoomVersion.all)
    func `from version 5 on a key speaks for a week ahead at most`(version: RoomVersion) throws {
        let week = 7 * 86_400_000
        let before = ["1", "2", "3", "4"].contains(version.id)
        for (time, isValid) in [(Self.now + week, true), (Self.now + week + 1, before)] {
            let event = event("m.room.member", ["membership": "join"], version, ["origin_server_ts": .integer(time)])
            let verdict = verdict(try read(Self.sender.signed(event: event, version), version))
            #expect(verdict == (isValid ? "valid" : "no key ed25519:k0 of a.example that was valid then"))
        }
    }

    static let policies: [(JSON.Object, String)] = [
        (["ed25519:policy_server": "AAAA"], "not signed by a.example"),
        (["rsa:k0": "AAAA"], "not signed by a.example"), (["nonsense": "AAAA"], "not signed by a.example"),
        (["ed25519:k0": "not base64!"], "the signature of a.example by ed25519:k0 is wrong"),
        (["ed25519:k0": 5], "the signature of a.example by ed25519:k0 is wrong"),
        (["ed25519:k9": "AAAA"], "no key ed25519:k9 of a.example that was valid then"),
        ([:], "not signed by a.example"),
    ]

    @Test(arguments: policies)
    func `signatures that do not count or are none`(signatures: JSON.Object, words: String) throws {
        var signed = Self.sender.signed(event: event("m.room.member", ["membership": "join"], .v11), .v11)
        let good = signed["signatures"]?["a.example"]?["ed25519:k0"]
        signed["signatures"] = ["a.example": .object(signatures)]
        #expect(verdict(try read(signed, .v11)) == words)
        // Beside one that is good, what does not count is passed over.
        guard signatures["ed25519:k0"] == nil, let good else { return }
        var both = signatures
        both["ed25519:k0"] = good
        signed["signatures"] = ["a.example": .object(both)]
        #expect(verdict(try read(signed, .v11)) == "valid")
    }

    @Test func `a content that was changed, and one that was redacted`() throws {
        for version in RoomVersion.all {
            let made = event("m.room.member", ["membership": "join", "displayname": "U"], version, ["origin": "x"])
            let signed = Self.sender.signed(event: made, version)
            #expect(try read(signed, version).contentHash == .matches)
            var redacted = version.redaction.redact(signed)
            redacted["unsigned"] = ["redacted_because": [:]]
            #expect(try read(redacted, version).contentHash == .redactedCopy)
            #expect(verdict(try read(redacted, version)) == "valid")
            var changed = signed
            changed["content"] = ["membership": "join", "displayname": "Mallory", "third_party_invite": [:]]
            let read = try read(changed, version)
            #expect(read.contentHash == .differs)
            #expect(read.event.membership == .join)
            #expect(read.event.content == version.redaction.redact(changed)["content"]?.object, "it counts as redacted")
            #expect(try self.read(signed.filter { $0 != "hashes" }, version).contentHash == .differs)
        }
    }

    @Test func `what an event redacts is not believed where its hash is another`() throws {
        let made = event("m.room.redaction", [:], .v1, ["redacts": "$x:a.example"])
        var signed = Self.sender.signed(event: made, .v1)
        #expect(try read(signed, .v1).event.redacts == "$x:a.example")
        signed["redacts"] = "$own:a.example"
        #expect(try read(signed, .v1).event.redacts == nil)
    }

    private static let through: Text = "join_authorised_via_users_server"

    @Test(arguments: [RoomVersion.v8, .v9, .v10, .v11, .v12])
    func `a restricted join needs the authoriser's server's signature`(version: RoomVersion) throws {
        let content: JSON.Object = ["membership": "join", Self.through: .string(Self.other.user("m").text)]
        let signed = Self.sender.signed(event: event("m.room.member", content, version), version)
        #expect(verdict(try read(signed, version)) == "not signed by b.example")
        let both = Self.other.countersigned(signed, version)
        #expect(verdict(try read(both, version)) == "valid")
        #expect(try read(both, version).isSignedByAuthoriser)
        #expect(verdict(try read(both, version, Self.table([Self.sender]))) == "pending a.example b.example")
    }

    static let nobodies: [JSON] = ["nobody", "@nobody", "", 7, .null, [:], ["@m:b.example"]]

    @Test(arguments: nobodies, ["join", "leave"] as [Text])
    func `who is no user has signed nothing`(authoriser: JSON, membership: Text) throws {
        let content: JSON.Object = ["membership": .string(membership), Self.through: authoriser]
        let signed = Self.sender.signed(event: event("m.room.member", content, .v11), .v11)
        #expect(try !read(signed, .v11).isSignedByAuthoriser)
        #expect(
            try read(Self.sender.signed(event: event("m.room.member", content, .v7), .v7), .v7).isSignedByAuthoriser)
        // A large event is kept without its content, but not without this.
        let large = event(
            "m.room.member", content, .v11, ["padding": .string(Text(String(repeating: "x", count: 9000)))])
        let parked = try read(Self.sender.signed(event: large, .v11), .v11)
        #expect(parked.isParked)
        #expect(!parked.isSignedByAuthoriser)
    }

    @Test func `of a leave that names an authoriser the same is found whenever the keys come`() throws {
        let content: JSON.Object = ["membership": "leave", Self.through: .string(Self.other.user("m").text)]
        let signed = Self.sender.signed(event: event("m.room.member", content, .v11), .v11)
        let both = Self.other.countersigned(signed, .v11)
        #expect(verdict(try read(both, .v11)) == "valid")
        #expect(try read(both, .v11).isSignedByAuthoriser)
        #expect(try !read(signed, .v11).isSignedByAuthoriser)
        #expect(verdict(try read(signed, .v11)) == "valid", "the rules refuse it, not this")
        // Without the keys it is not settled, and so looked at again with all that can be had.
        #expect(verdict(try read(both, .v11, Self.table([Self.sender]))) == "pending a.example b.example")
        #expect(verdict(try read(both, .v11, Self.table([Self.sender], isFinal: true))) == "valid")
        #expect(try !read(both, .v11, Self.table([Self.sender], isFinal: true)).isSignedByAuthoriser)
    }

    @Test func `an invite for a third party needs no signature of the sender's server`() throws {
        let content: JSON.Object = ["membership": "invite", "third_party_invite": ["signed": ["token": "t"]]]
        let made = event("m.room.member", content, .v11)
        #expect(verdict(try read(made, .v11)) == "valid")
        #expect(
            verdict(try read(event("m.room.member", ["membership": "invite"], .v11), .v11)) == "not signed by a.example"
        )
    }

    @Test func `in version 1 the server of the id has to sign, too`() throws {
        let made = event("m.room.topic", [:], .v1, ["event_id": "$e:b.example"])
        let signed = Self.sender.signed(event: made, .v1)
        #expect(verdict(try read(signed, .v1)) == "not signed by b.example")
        #expect(verdict(try read(Self.other.countersigned(signed, .v1), .v1)) == "valid")
    }

    @Test func `of events that are read at once each has its own verdict`() throws {
        let good = Self.sender.signed(event: event("m.room.topic", ["topic": "good"], .v1), .v1)
        let own = Self.sender.signed(event: event("m.room.topic", [:], .v1, ["event_id": "$e:b.example"]), .v1)
        let both = Self.other.countersigned(own, .v1)
        var events = [good, both, own, good, both, both]
        let wrong = JSON.string(Base64.encode([UInt8](repeating: 7, count: 64)))
        events[3]["signatures"] = ["a.example": ["ed25519:k0": wrong]]
        events[4]["signatures"] = ["a.example": ["ed25519:k0": wrong], "b.example": ["ed25519:k0": wrong]]
        let valid = try #require(both["signatures"]?["a.example"])
        events[5]["signatures"] = ["a.example": valid, "b.example": ["ed25519:k0": wrong]]
        var (bytes, ranges): ([UInt8], [Range<Int>]) = ([], [])
        for event in events + [["type": 1]] {
            let text = JSON.object(event).compact
            ranges.append(bytes.count..<(bytes.count + text.count))
            bytes += text
        }
        var checker = EventChecker(.v1, room: nil, keys: Self.table([Self.sender, Self.other]), now: Self.now)
        for _ in 0..<2 {
            let read = checker.read(ranges, of: Blob(bytes))
            #expect(
                read.map { (try? $0.get()).map(verdict) } == [
                    "valid", "valid", "not signed by b.example",
                    "the signature of a.example by ed25519:k0 is wrong",
                    "the signature of a.example by ed25519:k0 is wrong",
                    "the signature of b.example by ed25519:k0 is wrong", nil,
                ])
        }
        let unread = checker.read(ranges, of: Blob(bytes)) { _, start in start < ranges[4].lowerBound }
        #expect(
            try unread[3...4].map { verdict(try $0.get()) } == [
                "the signature of a.example by ed25519:k0 is wrong", "pending a.example b.example",
            ])
    }
}
