import Testing

@testable import Matrix

@Suite struct EventHashesTests {
    struct Specified: Sendable {
        let event: JSON.Object
        let hash: Text
        let signature: Text
    }

    /// The specification's vectors (appendices, "Event Signing").
    static let specified = [
        Specified(
            event: [
                "room_id": "!x:domain", "sender": "@a:domain", "origin": "domain", "origin_server_ts": 1_000_000,
                "signatures": [:], "hashes": [:], "type": "X", "content": [:], "prev_events": [], "auth_events": [],
                "depth": 3, "unsigned": ["age_ts": 1_000_000],
            ],
            hash: "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos",
            signature: "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg"
        ),
        Specified(
            event: [
                "content": ["body": "Here is the message content"], "event_id": "$0:domain", "origin": "domain",
                "origin_server_ts": 1_000_000, "type": "m.room.message", "room_id": "!r:domain", "sender": "@u:domain",
                "signatures": [:], "unsigned": ["age_ts": 1_000_000],
            ],
            hash: "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g",
            signature: "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA"
        ),
    ]
    @Test(arguments: specified)
    func `hashes and signs the specification's events as it does`(specified: Specified) throws {
        #expect(Base64.encode(try EventHashes.content(specified.event, .v1)) == specified.hash)
        var event = specified.event
        event["hashes"] = ["sha256": .string(specified.hash)]
        let signature = Sample.key.signature(of: try EventHashes.signable(event, .v1))
        #expect(Base64.encode(signature) == specified.signature)
    }

    static let event: JSON.Object = [
        "type": "m.room.message", "content": ["body": "b"], "event_id": "$0:domain", "sender": "@u:domain", "depth": 1,
    ]

    @Test func `the content hash leaves out unsigned, signatures and hashes and nothing else`() throws {
        let hash = try EventHashes.content(Self.event, .v11)
        var event = Self.event
        for key: Text in ["unsigned", "signatures", "hashes"] { event[key] = ["a": 1] }
        #expect(try EventHashes.content(event, .v11) == hash)
        event["age_ts"] = 1
        #expect(try EventHashes.content(event, .v11) != hash)
    }

    @Test func `the reference hash leaves out what redaction drops, and signatures`() throws {
        let hash = try EventHashes.reference(Self.event, .v11)
        func changed(_ key: Text, _ value: JSON) throws -> [UInt8] {
            var event = Self.event
            event[key] = value
            return try EventHashes.reference(event, .v11)
        }
        for key: Text in ["unsigned", "signatures", "origin", "redacts"] {
            #expect(try changed(key, ["a": 1]) == hash, "\(key) is not hashed")
        }
        #expect(try changed("content", ["body": "c"]) == hash)
        for key: Text in ["hashes", "depth", "state_key"] { #expect(try changed(key, 2) != hash, "\(key) is hashed") }
    }

    @Test func `the id is the event's own word in versions 1 and 2, and its hash in later ones`() throws {
        for version in RoomVersion.all {
            let hash = Base64.encode(try EventHashes.reference(Self.event, version), urlSafe: version.isURLSafe)
            let expected = version.choosesEventIDs ? "$0:domain" : "$\(hash)"
            #expect(try EventHashes.id(Self.event, version)?.text.string == expected)
        }
        #expect(try EventHashes.id([:], .v1) == nil)
        #expect(try EventHashes.id(["event_id": "0:domain"], .v2) == nil)
    }

    @Test func `the stated hash is compared as bytes`() throws {
        let hash = Base64.encode(try EventHashes.content(Self.event, .v11)).string
        func matches(_ hashes: JSON?) -> Bool {
            var event = Self.event
            event["hashes"] = hashes
            return EventHashes.contentMatches(event, .v11)
        }
        #expect(matches(["sha256": .string(Text(hash))]))
        #expect(matches(["sha256": .string(Text(hash + "=")), "md5": "x"]))
        for wrong: JSON? in [
            nil, [:], "x", ["sha256": ""], ["sha256": 1], ["sha256": .string(Text(String(hash.dropLast())))],
            ["sha256": .string(Text("A" + hash.dropFirst()))], ["SHA256": .string(Text(hash))],
        ] {
            #expect(!matches(wrong))
        }
    }

    @Test func `an event with a number that its version forbids has no hash`() throws {
        var event = Self.event
        event["content"] = ["a": .number("1.5")]
        #expect(throws: CanonicalJSON.Failure.self) { try EventHashes.content(event, .v6) }
        #expect(throws: Never.self) { try EventHashes.content(event, .v5) }
        event["hashes"] = ["sha256": .string(Base64.encode(try EventHashes.content(event, .v5)))]
        #expect(EventHashes.contentMatches(event, .v5))
        #expect(!EventHashes.contentMatches(event, .v6))
    }
}
