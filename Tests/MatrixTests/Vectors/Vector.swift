import TestSupport
import Testing

@testable import Matrix

/// One entry of a file of `../shared/vectors`: other implementations' tests as data.
struct Vector: Sendable, CustomTestStringConvertible {
    let file: String
    let entry: JSON

    var name: String { entry["name"]?.text?.string ?? "" }
    var source: String { entry["source"]?.text?.string ?? "" }
    /// What is done: the entry's `check`, `op` or `kind`.
    var operation: Text { (entry["check"] ?? entry["op"] ?? entry["kind"])?.text ?? "" }
    var isContested: Bool { entry["contested"] != nil }
    var testDescription: String { "\(operation) \(name) (\(source))" }

    subscript(key: Text) -> JSON? { entry[key] }

    func text(_ key: Text) throws -> Text { try #require(entry[key]?.text, "\(key)") }
    func object(_ key: Text) throws -> JSON.Object { try #require(entry[key]?.object, "\(key)") }
    func bool(_ key: Text) throws -> Bool { try #require(entry[key]?.bool as Bool?, "\(key)") }

    func version() throws -> RoomVersion {
        let id = try text("room_version")
        return try #require(RoomVersion.named(id))
    }

    /// The key pair of the entry's seed.
    func signingKey() throws -> SigningKey {
        let (seed, id) = try (Base64.decode(text("seed")), KeyID(text("key_id")))
        let bytes = try #require(seed)
        let keyID = try #require(id)
        return try #require(SigningKey(id: keyID, seed: bytes))
    }

    static let arePresent = Shared.has("vectors")

    /// The entries of `file` whose operation is one of `operations`; all of them where none is named.
    static func all(_ file: String, _ operations: Text...) -> [Vector] {
        guard arePresent, let entries = try? Shared.json("vectors/\(file).json").array else { return [] }
        return entries.map { Vector(file: file, entry: $0) }
            .filter { operations.isEmpty || operations.contains($0.operation) }
    }
}

/// What we decide where the sources contradict each other, and why.
struct Decision: Sendable {
    enum Outcome: Sendable, Hashable {
        /// As the entry expects.
        case agree
        case refuse
        case accept
        case acceptAs(Text)
    }

    let file: String
    let name: String
    let outcome: Outcome
    let reason: String

    init(_ file: String, _ name: String, _ outcome: Outcome, _ reason: String) {
        self.file = file
        self.name = name
        self.outcome = outcome
        self.reason = reason
    }

    static func on(_ vector: Vector) throws -> Outcome {
        guard vector.isContested else { return .agree }
        return try #require(all.first { $0.file == vector.file && $0.name == vector.name }).outcome
    }

    private static let exact =
        "exact decimals: a number that is no integer is refused, never rounded on its way to a signature"
    private static let twice = "a key that stands twice is refused, so that no two readers see different values"
    private static let list = "RFC 9110 allows it, and the specification's summary follows the RFC"
    private static let domain = "a room id with a colon has a server's name after it"
    private static let double = "a number with a point or an exponent is the IEEE double that it is read as"
    private static let notALevel = "the specification: integers, strings of one, and floats, of which a boolean is none"
    private static let stateKey = "the rule of create events does not ask for the state key"
    private static let redactLevel = "the rule allows who has the redact level, whatever the event redacts"

    static let all = [
        Decision("canonical_json", "case 14", .refuse, "a lone surrogate has no UTF-8, and so no canonical form"),
        Decision(
            "canonical_json",
            "negative zero",
            .agree,
            "numbers are kept as they were written, so that -0 is seen"
        ),
        Decision("canonical_json", "tiny exponent underflows to zero", .refuse, exact),
        Decision("canonical_json", "negative tiny exponent underflows to zero", .refuse, exact),
        Decision("canonical_json", "fraction rounds to one", .refuse, exact),
        Decision("canonical_json", "fraction rounds down to max safe", .refuse, exact),
        Decision("canonical_json", "fraction rounds down within range", .refuse, exact),
        Decision("canonical_json", "fraction rounds up within range", .refuse, exact),
        Decision("canonical_json", "scientific fraction near max safe", .refuse, exact),
        Decision("canonical_json", "duplicate keys", .agree, twice),
        Decision("canonical_json", "escape-equivalent duplicate keys", .agree, twice),
        Decision("canonical_json", "duplicate key", .agree, twice),
        Decision(
            "canonical_json",
            "float 10.0",
            .acceptAs(#"{"foo":10}"#),
            "10.0 is exactly the integer 10; in an event it is refused"
        ),
        Decision(
            "signing",
            "the signature has base64 padding that it shouldn't have",
            .accept,
            "the specification: decoders should tolerate padding"
        ),
        Decision(
            "signing",
            "TestVerifyAllEventSignaturesForInvite",
            .acceptAs("aliceserver"),
            "the specification asks for the sender's server, and for no other than the event id's"
        ),
        Decision(
            "signing",
            "room version 9: join_authorised_via_users_server's server has not signed",
            .agree,
            "we ask for the authoriser's signature on joins only, but this event's own is over its unredacted content"
        ),
        Decision(
            "signing",
            "signed with two keys of the same server, one of them known",
            .agree,
            "unknown keys are passed over as long as one known key's signature is good"
        ),
        Decision("server_names", "ipv6_with_invalid_port", .agree, "the grammar: a port has one to five digits"),
        Decision("server_names", "no_colon", .accept, "room ids of version 12 name no server"),
        Decision("server_names", "invalid_domain_chars", .agree, domain),
        Decision("server_names", "no_domain", .agree, domain),
        Decision("server_names", "invalid_room_id_host", .refuse, domain),
        Decision("server_names", "invalid_room_id_port", .refuse, domain),
        Decision("server_names", "no_local", .accept, "an empty localpart is within the grammar"),
        Decision("server_names", "empty_localpart", .agree, "an empty localpart is within the grammar"),
        Decision("auth_rules", "not_allowed 7: Missing state_key", .accept, stateKey),
        Decision("auth_rules", "not_allowed 8: The state_key is not empty", .accept, stateKey),
        Decision(
            "auth_rules",
            "not_allowed 7: The sender doesn't match the joining user",
            .accept,
            "the creator's first join is allowed before sender and state key are compared"
        ),
        Decision("auth_rules", "allowed 1", .agree, "any key may have signed; one that is no key has not"),
        Decision("auth_rules", "not_allowed 3: Invalid redacts event ID", .accept, redactLevel),
        Decision("auth_rules", "not_allowed 4: Missing redacts event ID", .accept, redactLevel),
        Decision(
            "auth_rules",
            "TestStateNeededForAlias",
            .refuse,
            "the selection makes no exception for aliases: power levels and the sender's membership as well"
        ),
        Decision("auth_rules", "True", .refuse, notALevel),
        Decision("auth_rules", "False", .refuse, notALevel),
        Decision("auth_rules", "BigFloatRoundDown", .agree, double),
        Decision("auth_rules", "BigFloatRoundUp", .agree, double),
        Decision("auth_rules", "BigFloatPrecisionError", .agree, double),
        Decision("auth_rules", "BigFloatPrecisionError2", .agree, double),
        Decision("auth_rules", "invite_via_third_party_invite", .agree, "any signature may be the good one"),
        Decision("x_matrix", "parse with tabs spaces", .agree, list),
        Decision("x_matrix", "parse with different ordering and tabs", .agree, list),
        Decision("x_matrix", "parse with different ordering and whitespace around values", .agree, list),
        Decision("x_matrix", "xmatrix_quoting", .agree, list),
    ]
}

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct DecisionTests {
    static let files = [
        "canonical_json", "signing", "event_hash", "redaction", "server_names", "x_matrix", "auth_rules",
    ]

    @Test func `every contested vector is decided, and nothing else`() {
        let contested = Self.files.flatMap { Vector.all($0) }.filter(\.isContested).map { "\($0.file) \($0.name)" }
        let decided = Decision.all.map { "\($0.file) \($0.name)" }
        #expect(contested.sorted() == decided.sorted())
        #expect(Set(decided).count == decided.count)
    }

    @Test(arguments: [
        ("canonical_json", 198), ("signing", 82), ("event_hash", 92), ("redaction", 26), ("server_names", 90),
        ("x_matrix", 13), ("auth_rules", 230),
    ])
    func `a file holds as many vectors as it should`(file: String, count: Int) {
        #expect(Vector.all(file).count == count)
    }

    @Test func `each vector is of a kind that a test knows`() {
        let known: [String: Set<Text>] = [
            "canonical_json": ["canonicalize", "allowed_in_event"],
            "signing": [
                "sign_json", "sign_event", "verify_json", "verify_event", "servers_that_must_sign", "key_valid_at",
            ],
            "event_hash": ["content_hash", "content_hash_mismatch", "reference_hash", "event_id"], "redaction": [""],
            "server_names": ["server_name", "user_id", "room_alias", "room_id", "event_id", "room_id_of_create"],
            "x_matrix": ["sign_request", "parse_header"],
            "auth_rules": [
                "event_against_state", "member_event_against_state", "create_event", "auth_events_selection",
                "auth_chain", "room_in_order", "auth_types_for_event", "redaction_event",
                "power_level_value_before_room_version_10",
            ],
        ]
        for file in Self.files { #expect(Set(Vector.all(file).map(\.operation)) == known[file]) }
    }
}
