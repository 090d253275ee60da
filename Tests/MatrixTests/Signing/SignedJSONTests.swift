import Testing

@testable import Matrix

@Suite struct SignedJSONTests {
    static let server = ServerName("domain")!
    /// The specification's vectors (appendices, "JSON Signing").
    static let specified: [(JSON.Object, Text)] = [
        ([:], "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
        (
            ["one": 1, "two": "Two"],
            "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
        ),
    ]

    @Test(arguments: specified)
    func `signs the specification's examples as it does`(object: JSON.Object, signature: Text) throws {
        let made = Sample.key.signature(of: try CanonicalJSON(SignedJSON.signable(object)))
        #expect(Base64.encode(made) == signature)
        let signed = SignedJSON.adding(made, of: Self.server, key: Sample.key.id, to: object)
        #expect(signed["signatures"] == ["domain": ["ed25519:1": .string(signature)]])
        #expect(SignedJSON.isSigned(signed, by: Self.server, Sample.key.id, Sample.key.publicKey))
    }

    static func signed(_ object: JSON.Object = ["a": 1]) throws -> JSON.Object {
        let signature = Sample.key.signature(of: try CanonicalJSON(object))
        return SignedJSON.adding(signature, of: server, key: Sample.key.id, to: object)
    }

    @Test func `one more signature leaves the others and counts as none of the object`() throws {
        var object = try Self.signed()
        object = SignedJSON.adding([1, 2], of: Sample.joiner, key: Sample.otherKey.id, to: object)
        object = SignedJSON.adding([3], of: Self.server, key: Sample.otherKey.id, to: object)
        object["unsigned"] = ["age": 1]
        #expect(SignedJSON.signers(of: object) == ["domain", "joiner.example"])
        #expect(object["signatures"]?["domain"]?.object?.members.count == 2)
        #expect(SignedJSON.isSigned(object, by: Self.server, Sample.key.id, Sample.key.publicKey))
    }

    static let faults: [(String, [Text], JSON?)] = [
        ("changed", ["a"], 2), ("added to", ["b"], 1), ("stripped of its signatures", ["signatures"], nil),
        ("of another server's signature", ["signatures", "domain"], nil),
        ("of no canonical form", ["b"], .number("1.5")),
        ("of another key's signature", ["signatures", "domain", "ed25519:1"], nil),
        ("of a signature that is not base64", ["signatures", "domain", "ed25519:1"], "!"),
        ("of a signature that is no string", ["signatures", "domain", "ed25519:1"], 1),
        ("of signatures that are no object", ["signatures"], "a"),
        ("of signatures in a list", ["signatures", "domain"], []),
    ]
    @Test(arguments: faults)
    func `refuses an object that is`(fault: String, path: [Text], value: JSON?) throws {
        let object = try #require(JSON.object(try Self.signed()).with(path, value).object)
        #expect(!SignedJSON.isSigned(object, by: Self.server, Sample.key.id, Sample.key.publicKey))
    }

    @Test func `refuses another key, key id or server`() throws {
        let object = try Self.signed()
        #expect(!SignedJSON.isSigned(object, by: Self.server, Sample.key.id, Sample.otherKey.publicKey))
        #expect(!SignedJSON.isSigned(object, by: Self.server, Sample.otherKey.id, Sample.key.publicKey))
        #expect(!SignedJSON.isSigned(object, by: Sample.joiner, Sample.key.id, Sample.key.publicKey))
    }

    @Test func `reads the ed25519 signatures of one server`() {
        let object: JSON.Object = [
            "signatures": [
                "domain": [
                    "ed25519:1": "Zg", "ed25519:2": "Zg==", "ed25519:bad": "Z", "curve25519:1": "Zg", "nonsense": "Zg",
                ],
                "other": ["ed25519:3": "Zg"],
            ]
        ]
        let found = SignedJSON.signatures(of: Self.server, on: object)
        let byText = Dictionary(uniqueKeysWithValues: found.map { ($0.key.text, $0.value) })
        #expect(byText == ["ed25519:1": [0x66], "ed25519:2": [0x66], "ed25519:bad": []])
    }
}
