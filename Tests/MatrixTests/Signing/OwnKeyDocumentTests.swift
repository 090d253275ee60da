import Testing

@testable import Matrix

@Suite struct OwnKeyDocumentTests {
    @Test func `is signed by the very key that it publishes`() throws {
        let document = try OwnKeyDocument(server: Sample.joiner, key: Sample.key, validUntil: 1_700_000_000_000)
        #expect(SignedJSON.isSigned(document.object, by: Sample.joiner, Sample.key.id, Sample.key.publicKey))
        #expect(SignedJSON.signers(of: document.object) == ["joiner.example"])
    }

    @Test func `says what the specification asks for and no more`() throws {
        let document = try OwnKeyDocument(server: Sample.joiner, key: Sample.key, validUntil: 1_700_000_000_000)
        var object = try #require(try JSON(parsing: document.bytes).object)
        #expect(object == document.object)
        object["signatures"] = nil
        #expect(
            object == [
                "server_name": "joiner.example", "valid_until_ts": 1_700_000_000_000, "old_verify_keys": [:],
                "verify_keys": ["ed25519:1": ["key": .string(Sample.key.publicKey.base64)]],
            ]
        )
    }

    @Test func `is valid up to a time that canonical JSON can say`() {
        #expect(throws: Never.self) {
            try OwnKeyDocument(server: Sample.joiner, key: Sample.key, validUntil: 9_007_199_254_740_991)
        }
        #expect(throws: CanonicalJSON.Failure.self) {
            try OwnKeyDocument(server: Sample.joiner, key: Sample.key, validUntil: 9_007_199_254_740_992)
        }
    }
}
