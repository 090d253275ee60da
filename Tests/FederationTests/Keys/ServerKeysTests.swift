import Federation
import Matrix
import TestSupport
import Testing

@Suite struct ServerKeysTests {
    private static let server = FakeServer("a.example")
    private static let other = FakeServer("a.example", generation: 1)
    private static let key: JSON = ["key": .string(other.publicKey.base64)]

    struct Document: CustomTestStringConvertible {
        let testDescription: String
        let words: String
        let value: JSON

        init(_ description: String, _ words: String, _ value: JSON) {
            testDescription = description
            self.words = words
            self.value = value
        }

        /// The document with one field changed, and signed as it then is.
        init(_ description: String, _ words: String, _ key: Text, _ field: JSON?) {
            var keys = server.keys
            keys[key] = field
            self.init(description, words, .object(server.signed(keys)))
        }
    }

    private static let unsigned = JSON.object(server.keys)
    private static let hundred: JSON = .object(
        (0...100).reduce(into: JSON.Object()) { $0[Text("ed25519:x\($1)")] = key })

    static let bad: [Document] = [
        Document("a list", "not a JSON object", []),
        Document("no server_name", "no server_name", "server_name", nil),
        Document("a number as server_name", "no server_name", "server_name", 1),
        Document("another server's", "the document of \"b.example\"", "server_name", "b.example"),
        Document("in other letters", "the document of \"A.example\"", "server_name", "A.example"),
        Document("no valid_until_ts", "no valid_until_ts", "valid_until_ts", nil),
        Document("valid_until_ts in quotes", "no valid_until_ts", "valid_until_ts", "4000000000000"),
        Document(
            "a float as valid_until_ts", "no valid_until_ts",
            unsigned.changing("valid_until_ts", to: .number("1.5"))),
        Document("no verify_keys", "no verify_keys", "verify_keys", nil),
        Document("empty verify_keys", "no verify_keys", "verify_keys", [:]),
        Document("a list of verify_keys", "no verify_keys", "verify_keys", []),
        Document("too many keys", "more than 100 keys", "verify_keys", hundred),
        Document("too many old keys", "more than 100 keys", "old_verify_keys", hundred),
        Document(
            "a key that is not base64", "not 32 bytes", "verify_keys", .object([server.keyID.text: ["key": "*"]])),
        Document("a short key", "not 32 bytes", "verify_keys", .object([server.keyID.text: ["key": "AAAA"]])),
        Document("no key", "not 32 bytes", "verify_keys", .object([server.keyID.text: [:]])),
        Document("not signed", "none of its own keys", unsigned),
        Document("signed by a key that it lacks", "none of its own keys", .object(other.signed(server.keys))),
        Document(
            "signed by an old key alone", "none of its own keys",
            .object(
                server.signed([
                    "server_name": "a.example", "valid_until_ts": 4_000_000_000_000,
                    "verify_keys": .object([other.keyID.text: key]),
                    "old_verify_keys": .object([
                        server.keyID.text: ["key": .string(server.publicKey.base64), "expired_ts": 1]
                    ]),
                ]))),
        Document(
            "changed after it was signed", "does not verify",
            server.keyDocument.changing("valid_until_ts", to: 5_000_000_000_000)),
        Document(
            "a signature that is not base64", "does not verify",
            server.keyDocument.changing("signatures", to: .object(["a.example": .object([server.keyID.text: "*"])]))),
        Document(
            "one of two signatures wrong", "does not verify",
            {
                var keys = server.keys
                keys["verify_keys"] = .object([
                    server.keyID.text: ["key": .string(server.publicKey.base64)], other.keyID.text: key,
                ])
                let wrong = Base64.encode([UInt8](repeating: 1, count: 64))
                return JSON.object(server.signed(keys)).changing(
                    "signatures", "a.example", other.keyID.text, to: .string(wrong))
            }()),
    ]

    @Test(arguments: bad)
    func `a document that does not stand for itself is not used`(document: Document) {
        let failure = #expect(throws: ServerKeys.Failure.self) {
            try ServerKeys(document.value, of: Self.server.name)
        }
        #expect(failure?.description.contains(document.words) == true, "\(failure?.description ?? "")")
    }

    @Test func `a good one gives its keys, current and old`() throws {
        var keys = Self.server.keys
        keys["old_verify_keys"] = .object([
            Self.other.keyID.text: ["key": .string(Self.other.publicKey.base64), "expired_ts": 7],
            "ed25519:undated": Self.key, "ed25519:dated_badly": Self.key.changing("expired_ts", to: "7"),
        ])
        let read = try ServerKeys(.object(Self.server.signed(keys)), of: Self.server.name)
        #expect(read.validUntil == 4_000_000_000_000)
        #expect(
            read.keys == [
                Self.server.keyID: KnownKey(key: Self.server.publicKey, validity: .until(4_000_000_000_000)),
                Self.other.keyID: KnownKey(key: Self.other.publicKey, validity: .expired(7)),
            ])
    }

    @Test func `a key that is both current and old is current`() throws {
        var keys = Self.server.keys
        keys["old_verify_keys"] = .object([
            Self.server.keyID.text: ["key": .string(Self.other.publicKey.base64), "expired_ts": 7]
        ])
        let read = try ServerKeys(.object(Self.server.signed(keys)), of: Self.server.name)
        #expect(read.keys[Self.server.keyID]?.key == Self.server.publicKey)
    }

    @Test func `keys of other algorithms, missing old keys and foreign signatures are passed over`() throws {
        var keys = Self.server.keys
        keys["old_verify_keys"] = nil
        keys["verify_keys"] = Self.server.keys["verify_keys"]?.changing("rsa:1", to: ["key": "*"])
        let signed = FakeServer("notary.example").signed(Self.server.signed(keys))
        #expect(try ServerKeys(.object(signed), of: Self.server.name).keys.count == 1)
    }
}
