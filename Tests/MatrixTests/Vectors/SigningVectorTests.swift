import TestSupport
import Testing

@testable import Matrix

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct SigningVectorTests {
    /// The moment at which "now" is said.
    static let now = 1_790_000_000_000

    @Test(arguments: Vector.all("signing", "sign_json"))
    func `signs JSON as others do`(vector: Vector) throws {
        let (key, server) = try (vector.signingKey(), server(vector.text("server_name")))
        let (input, expected) = try (vector.object("input"), vector.object("expected"))
        #expect(SignedJSON.isSigned(expected, by: server, key.id, key.publicKey))
        let signature = key.signature(of: try CanonicalJSON(SignedJSON.signable(input)))
        #expect(SignedJSON.adding(signature, of: server, key: key.id, to: input) == expected)
        if let publicKey = vector["public_key"]?.text { #expect(key.publicKey == VerifyKey(base64: publicKey)) }
    }

    @Test(arguments: Vector.all("signing", "sign_event"))
    func `hashes and signs events as others do`(vector: Vector) throws {
        let (key, version) = try (vector.signingKey(), vector.version())
        let expected = try vector.object("expected")
        var event = try vector.object("input")
        event["hashes"] = ["sha256": .string(Base64.encode(try EventHashes.content(event, version)))]
        let signature = key.signature(of: try EventHashes.signable(event, version))
        event = SignedJSON.adding(signature, of: try server(vector.text("server_name")), key: key.id, to: event)
        #expect(event == expected)
        #expect(EventHashes.contentMatches(expected, version))
    }

    @Test(arguments: Vector.all("signing", "verify_json"))
    func `verifies JSON as others do`(vector: Vector) throws {
        let id = try #require(try KeyID(vector.text("key_id")))
        let isSigned = try SignedJSON.isSigned(
            vector.object("input"),
            by: server(vector.text("server_name")),
            id,
            publicKey(vector)
        )
        let expected = try Decision.on(vector) == .accept ? true : vector.bool("expected_valid")
        #expect(isSigned == expected)
    }

    @Test(arguments: Vector.all("signing", "verify_event"))
    func `verifies events as others do`(vector: Vector) throws {
        let (event, version) = try (vector.object("input"), vector.version())
        let keys = try keysByServer(vector)
        var servers = EventSignatures.requiredServers(of: event, version)
        // The entries of one key judge its server's signature, whoever sent the event.
        if vector["key_id"] != nil { servers = try [server(vector.text("server_name"))] }
        let isValid = servers.allSatisfy { server in
            EventSignatures.check(event, version, of: server, now: Self.now, keys: keys[server.text] ?? [:]) == .valid
        }
        let expected = try Decision.on(vector) == .accept ? true : vector.bool("expected_valid")
        #expect(isValid == expected)
    }

    @Test(arguments: Vector.all("signing", "servers_that_must_sign"))
    func `asks the same servers for signatures as others do`(vector: Vector) throws {
        let servers = try EventSignatures.requiredServers(of: vector.object("input"), vector.version()).map(\.text)
        if case .acceptAs(let server) = try Decision.on(vector) {
            #expect(servers == [server])
        } else {
            #expect(Set(servers) == Set(vector["expected_servers"]?.array?.compactMap(\.text) ?? []))
        }
    }

    @Test(arguments: Vector.all("signing", "key_valid_at"))
    func `holds a key valid when others do`(vector: Vector) throws {
        func time(_ key: Text) -> Int? {
            vector["now_plus_days"]?[key]?.integer.map { Self.now + $0 * 86_400_000 } ?? vector[key]?.integer
        }
        let validity =
            try time("expired_ts").map(KnownKey.Validity.expired) ?? .until(#require(time("valid_until_ts")))
        let at = try #require(time("at_ts"))
        // Where no "now" is given, the event is not of the future.
        let now = vector["now_plus_days"] == nil ? at : Self.now
        let key = KnownKey(key: Sample.key.publicKey, validity: validity)
        let isValid = try key.isValid(at: at, now: now, isEnforced: vector.bool("enforce_validity"))
        #expect(isValid == (try vector.bool("expected_valid")))
    }

    private func server(_ name: Text) throws -> ServerName { try #require(ServerName(name)) }

    private func publicKey(_ vector: Vector) throws -> VerifyKey {
        guard let text = vector["public_key"]?.text else { return try vector.signingKey().publicKey }
        return try #require(VerifyKey(base64: text))
    }

    private func keysByServer(_ vector: Vector) throws -> [Text: [KeyID: KnownKey]] {
        if let servers = vector["keys_by_server"]?.object {
            return try Dictionary(uniqueKeysWithValues: servers.members.map { ($0.key, try keys($0.value)) })
        }
        let name = try vector.text("server_name")
        if let keys = vector["keys"] { return [name: try self.keys(keys)] }
        let id = try #require(try KeyID(vector.text("key_id")))
        return [name: [id: KnownKey(key: try publicKey(vector), validity: .until(Self.now))]]
    }

    private func keys(_ object: JSON) throws -> [KeyID: KnownKey] {
        let members = try #require(object.object).members
        return try Dictionary(
            uniqueKeysWithValues: members.map { member in
                let id = try #require(KeyID(Text(member.key.string.replacing("-", with: "_"))))
                let key = try #require(member.value["key"]?.text.flatMap { VerifyKey(base64: $0) })
                let isNow = member.value["valid_until_ts"]?.text == "now"
                let end = isNow ? Self.now : try #require(member.value["valid_until_ts"]?.integer)
                return (id, KnownKey(key: key, validity: .until(end)))
            }
        )
    }
}
