import Testing

@testable import Matrix

@Suite struct EventSignaturesTests {
    typealias Verdict = EventSignatures.Verdict

    static let now = Sample.timestamp
    static let policyKey = SigningKey(id: KeyID(KeyID.policyServer)!, seed: [UInt8](repeating: 3, count: 32))!

    /// An event that `signers` have signed, all under the joiner's name.
    private func event(_ version: RoomVersion = .v11, signers: [SigningKey]) throws -> JSON.Object {
        var object = try MembershipEventTests.event(version).object
        for key in signers {
            let signature = key.signature(of: try EventHashes.signable(object, version))
            object = SignedJSON.adding(signature, of: Sample.joiner, key: key.id, to: object)
        }
        return object
    }

    private func check(
        _ object: JSON.Object,
        in version: RoomVersion = .v11,
        now: Int = now,
        _ keys: KeyValuePairs<SigningKey, KnownKey.Validity>
    ) -> Verdict {
        let known = Dictionary(
            uniqueKeysWithValues: keys.map { ($0.key.id, KnownKey(key: $0.key.publicKey, validity: $0.value)) }
        )
        return EventSignatures.check(object, version, of: Sample.joiner, now: now, keys: known)
    }

    @Test(arguments: RoomVersion.all)
    func `one good signature by a known key is enough`(version: RoomVersion) throws {
        let object = try event(version, signers: [Sample.key])
        #expect(check(object, in: version, [Sample.key: .until(Self.now)]) == .valid)
    }

    @Test func `what the signature covers is the redacted event and its hashes`() throws {
        let object = try event(signers: [Sample.key])
        func verdict(_ path: [Text], _ value: JSON?) -> Verdict {
            check(JSON.object(object).with(path, value).object!, [Sample.key: .until(Self.now)])
        }
        #expect(verdict(["content", "displayname"], "x") == .valid)
        #expect(verdict(["unsigned"], ["age": 1]) == .valid)
        #expect(verdict(["content", "membership"], "leave") == .invalid(Sample.key.id))
        #expect(verdict(["hashes"], ["sha256": "Zg"]) == .invalid(Sample.key.id))
        #expect(verdict(["depth"], 13) == .invalid(Sample.key.id))
    }

    @Test func `a server that has not signed is missing`() throws {
        let keys: KeyValuePairs<SigningKey, KnownKey.Validity> = [Sample.key: .until(Self.now)]
        let object = try event(signers: [Sample.key])
        #expect(check(try event(signers: []), keys) == .missing)
        for signatures: JSON? in [
            nil, [:], "x", ["joiner.example": [:]], ["joiner.example": "x"],
            ["JOINER.example": object["signatures"]!["joiner.example"]!],
        ] {
            var changed = object
            changed["signatures"] = signatures
            #expect(check(changed, keys) == .missing)
        }
        var otherAlgorithm = object
        otherAlgorithm["signatures"] = ["joiner.example": ["rsa:1": "Zg"]]
        #expect(check(otherAlgorithm, keys) == .missing)
    }

    @Test func `a signature by a key that is not known proves nothing`() throws {
        let object = try event(signers: [Sample.key, Sample.otherKey])
        #expect(check(object, [:]) == .unknownKeys([Sample.key.id, Sample.otherKey.id]))
        #expect(check(object, [Sample.otherKey: .until(Self.now)]) == .valid)
    }

    @Test func `every signature by a known key must be good`() throws {
        let object = try event(signers: [Sample.key, Sample.otherKey])
        for bad: JSON in ["Zg", "!", 1, object["signatures"]!["joiner.example"]!["ed25519:1"]!] {
            let changed = JSON.object(object).with(["signatures", "joiner.example", "ed25519:2"], bad).object!
            #expect(check(changed, [Sample.key: .until(Self.now)]) == .valid, "as long as that key is unknown")
            #expect(
                check(changed, [Sample.key: .until(Self.now), Sample.otherKey: .until(Self.now)])
                    == .invalid(Sample.otherKey.id)
            )
        }
    }

    @Test(arguments: RoomVersion.all)
    func `an expired key is passed over in every version`(version: RoomVersion) throws {
        let object = try event(version, signers: [Sample.key, Sample.otherKey])
        #expect(
            check(object, in: version, [Sample.key: .expired(Self.now)])
                == .unknownKeys([Sample.key.id, Sample.otherKey.id])
        )
        #expect(check(object, in: version, [Sample.key: .expired(Self.now + 1)]) == .valid)
        #expect(check(object, in: version, [Sample.key: .expired(0), Sample.otherKey: .until(Self.now)]) == .valid)
    }

    @Test(arguments: RoomVersion.all)
    func `from version 5 on a key must have been valid at the event's time, a week ahead at most`(
        version: RoomVersion
    ) throws {
        let object = try event(version, signers: [Sample.key])
        let otherwise: Verdict = version.enforcesKeyValidity ? .unknownKeys([Sample.key.id]) : .valid
        let week = 7 * 86_400_000
        #expect(check(object, in: version, [Sample.key: .until(Self.now - 1)]) == otherwise)
        #expect(check(object, in: version, [Sample.key: .until(Self.now)]) == .valid)
        #expect(check(object, in: version, now: Self.now - week, [Sample.key: .until(.max)]) == .valid)
        #expect(check(object, in: version, now: Self.now - week - 1, [Sample.key: .until(.max)]) == otherwise)
    }

    @Test func `the policy server's key speaks for no server`() throws {
        let keys: KeyValuePairs<SigningKey, KnownKey.Validity> = [
            Self.policyKey: .until(Self.now), Sample.key: .until(Self.now),
        ]
        #expect(check(try event(signers: [Self.policyKey]), keys) == .missing)
        let object = try event(signers: [Self.policyKey, Sample.key])
        #expect(check(object, keys) == .valid)
        let changed = JSON.object(object).with(["signatures", "joiner.example", KeyID.policyServer], "Zg").object!
        #expect(check(changed, keys) == .valid)
    }

    static let required: [(String, JSON.Object, ClosedRange<Int>, [Text])] = [
        ("a message", ["type": "m.room.message", "sender": "@a:a"], 1...12, ["a"]),
        (
            "an event whose id is another server's", ["type": "x", "sender": "@a:a", "event_id": "$x:b"], 1...2,
            ["a", "b"]
        ),
        ("an event with a meaningless id", ["type": "x", "sender": "@a:a", "event_id": "$x:b"], 3...12, ["a"]),
        ("an event of one server", ["type": "x", "sender": "@a:a", "event_id": "$x:a"], 1...12, ["a"]),
        ("a restricted join", member("join"), 1...7, ["a"]),
        ("a restricted join", member("join"), 8...12, ["a", "c"]),
        ("a leave with an authoriser", member("leave"), 1...12, ["a"]),
        (
            "an authoriser in another event", ["type": "x", "sender": "@a:a", "content": member("join")["content"]!],
            8...12, ["a"]
        ),
        (
            "an invite",
            ["type": "m.room.member", "sender": "@a:a", "state_key": "@b:b", "content": ["membership": "invite"]],
            3...12, ["a"]
        ),
        ("a third-party invite", thirdParty("invite"), 3...12, []),
        ("a join that keeps a third-party invite", thirdParty("join"), 3...12, ["a"]),
    ]
    @Test(arguments: required)
    func `who must have signed`(event: String, object: JSON.Object, versions: ClosedRange<Int>, servers: [Text]) {
        for version in RoomVersion.all[versions.lowerBound - 1..<versions.upperBound] {
            #expect(
                EventSignatures.requiredServers(of: object, version).map(\.text) == servers,
                "version \(version.id)"
            )
        }
    }

    private static func member(_ membership: JSON) -> JSON.Object {
        [
            "type": "m.room.member", "sender": "@a:a",
            "content": ["membership": membership, "join_authorised_via_users_server": "@c:c"],
        ]
    }

    private static func thirdParty(_ membership: JSON) -> JSON.Object {
        ["type": "m.room.member", "sender": "@a:a", "content": ["membership": membership, "third_party_invite": [:]]]
    }
}
