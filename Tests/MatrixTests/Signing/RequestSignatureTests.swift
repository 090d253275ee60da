import Testing

@testable import Matrix

@Suite struct RequestSignatureTests {
    static func request(
        method: Text = "PUT",
        uri: Text = "/_matrix/federation/v2/send_join/%21a?b=c",
        origin: ServerName = Sample.joiner,
        destination: ServerName = Sample.resident,
        content: JSON? = ["a": 1]
    ) -> SignableRequest {
        SignableRequest(method: method, uri: uri, origin: origin, destination: destination, content: content)
    }

    @Test func `signs the object that the specification describes`() {
        #expect(
            Self.request().object == [
                "method": "PUT", "uri": "/_matrix/federation/v2/send_join/%21a?b=c", "origin": "joiner.example",
                "destination": "resident.example:8448", "content": ["a": 1],
            ]
        )
        #expect(Self.request(content: nil).object["content"] == nil)
        #expect(Self.request(content: [:]).object["content"] == [:])
        #expect(Self.request(content: .null).object["content"] == .null)
    }

    @Test func `writes the header so that old receivers read it`() throws {
        let header = try Sample.key.authorization(for: Self.request())
        let expected =
            "X-Matrix origin=\"joiner.example\",key=\"ed25519:1\",sig=\"\(header.signature)\",destination=\"resident.example:8448\""
        #expect(header.value.string == expected)
        #expect(header.signature.count == 86)
        #expect(XMatrix(parsing: header.value) == header)
    }

    @Test func `hides the signature from reports`() throws {
        let header = try Sample.key.authorization(for: Self.request())
        #expect(
            header.redacted
                == "X-Matrix origin=\"joiner.example\",key=\"ed25519:1\",sig=\"[redacted]\",destination=\"resident.example:8448\""
        )
    }

    @Test func `a header of an old server names no destination`() {
        let header = XMatrix(origin: "a", destination: nil, key: "ed25519:1", signature: "Zg")
        #expect(header.value == "X-Matrix origin=\"a\",key=\"ed25519:1\",sig=\"Zg\"")
        #expect(XMatrix(parsing: header.value) == header)
    }

    static let others: [(String, SignableRequest)] = [
        ("another method", request(method: "POST")),
        ("another path", request(uri: "/_matrix/federation/v2/send_join/!a?b=c")),
        ("no query", request(uri: "/_matrix/federation/v2/send_join/%21a")),
        ("another origin", request(origin: Sample.resident)),
        ("another destination", request(destination: Sample.joiner)), ("another content", request(content: ["a": 2])),
        ("an empty content", request(content: [:])), ("no content", request(content: nil)),
        ("a content without canonical form", request(content: ["a": .number("1.5")])),
    ]
    @Test(arguments: others)
    func `is valid for its own request and not for one with`(change: String, other: SignableRequest) throws {
        let header = try Sample.key.authorization(for: Self.request())
        #expect(header.isValid(for: Self.request(), key: Sample.key.publicKey))
        #expect(!header.isValid(for: other, key: Sample.key.publicKey))
    }

    @Test func `is valid under one key, and with its signature padded, too`() throws {
        let header = try Sample.key.authorization(for: Self.request())
        #expect(!header.isValid(for: Self.request(), key: Sample.otherKey.publicKey))
        func with(_ signature: Text) -> XMatrix {
            XMatrix(origin: header.origin, destination: header.destination, key: header.key, signature: signature)
        }
        #expect(with(Text("\(header.signature)==")).isValid(for: Self.request(), key: Sample.key.publicKey))
        #expect(!with(Text("\(header.signature)=")).isValid(for: Self.request(), key: Sample.key.publicKey))
        #expect(!with("").isValid(for: Self.request(), key: Sample.key.publicKey))
    }

    @Test func `does not sign a number that has no canonical form`() {
        #expect(throws: CanonicalJSON.Failure.self) {
            try Sample.key.authorization(for: Self.request(content: ["a": .number("0.1")]))
        }
    }
}
