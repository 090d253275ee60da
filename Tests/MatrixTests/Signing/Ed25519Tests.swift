import TestSupport
import Testing

@testable import Matrix

@Suite struct Ed25519Tests {
    /// RFC 8032 section 7.1, the first two tests.
    static let standard: [(Text, Text, [UInt8], Text)] = [
        (
            "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo", [],
            "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw"
        ),
        (
            "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs", "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw", [0x72],
            "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA"
        ),
    ]
    @Test(arguments: standard)
    func `derives and verifies as RFC 8032 says`(seed: Text, key: Text, message: [UInt8], signature: Text) throws {
        let seed = try #require(Base64.decode(seed))
        let pair = try #require(SigningKey(id: Sample.key.id, seed: seed))
        let bytes = try #require(Base64.decode(signature))
        #expect(pair.publicKey.base64 == key)
        #expect(pair.publicKey.verifies(bytes, of: message))
        #expect(!pair.publicKey.verifies(bytes, of: message + [0]))
        #expect(!Sample.otherKey.publicKey.verifies(bytes, of: message))
    }

    @Test func `a signature with any bit changed is refused`() throws {
        let canonical = try CanonicalJSON(["a": 1] as JSON)
        let signature = Sample.key.signature(of: canonical)
        #expect(Sample.key.publicKey.verifies(signature, of: canonical.bytes))
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!Sample.key.publicKey.verifies(changed, of: canonical.bytes), "bit \(bit)")
        }
    }

    @Test(arguments: [0, 1, 63, 65, 128])
    func `a signature of another length is refused`(count: Int) {
        #expect(!Sample.key.publicKey.verifies([UInt8](repeating: 0, count: count), of: []))
    }

    @Test(arguments: [0, 31, 33, 64])
    func `a key and a seed have 32 bytes`(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(VerifyKey(bytes) == nil)
        #expect(VerifyKey(base64: Base64.encode(bytes)) == nil)
        #expect(SigningKey(id: Sample.key.id, seed: bytes) == nil)
    }

    @Test func `no key is made under another algorithm's name`() throws {
        #expect(SigningKey(id: try #require(KeyID("curve25519:1")), seed: Sample.seed) == nil)
    }

    @Test func `a public key is read from base64 with or without padding, never from the URL-safe alphabet`() {
        let text = Sample.key.publicKey.base64
        #expect(VerifyKey(base64: text) == Sample.key.publicKey)
        #expect(VerifyKey(base64: Text(text.string + "=")) == Sample.key.publicKey)
        let urlSafe = Base64.encode([UInt8](repeating: 0xFF, count: 32), urlSafe: true)
        #expect(VerifyKey(base64: urlSafe) == nil)
        #expect(VerifyKey(base64: "") == nil)
    }
}

/// C2SP/CCTV's edge cases of Ed25519 verification, and how strict we are, together with libsodium and so with Synapse.
@Suite(.enabled(if: Shared.has("cctv-ed25519/ed25519vectors.json"), Shared.absence))
struct Ed25519EdgeCaseTests {
    @Test func `43 of the 914 edge cases verify, and these by their flags`() throws {
        let cases = try #require(try Shared.json("cctv-ed25519/ed25519vectors.json").array)
        #expect(cases.count == 914)
        let accepted = try cases.filter { entry in
            let bytes = try hexadecimal(entry["key"])
            let key = try #require(VerifyKey(bytes))
            return key.verifies(try hexadecimal(entry["sig"]), of: try #require(entry["msg"]?.text).bytes)
        }
        #expect(accepted.count == 43)
        var queue = SignatureQueue()
        for (place, entry) in cases.enumerated() {
            let key = try #require(VerifyKey(try hexadecimal(entry["key"])))
            let message = try #require(entry["msg"]?.text).bytes
            let wasAdded = queue.add(place, key, try hexadecimal(entry["sig"]), of: message)
            #expect(wasAdded)
        }
        let wrong = queue.wrongPlaces()
        #expect(cases.indices.filter { !wrong.contains($0) }.map { cases[$0] } == accepted)
        let flags = accepted.map { Set($0["flags"]?.array?.compactMap(\.text) ?? []) }
        #expect(flags.count { $0.isEmpty } == 1)
        #expect(flags.count { $0 == ["low_order_component_A"] } == 7)
        #expect(flags.count { $0 == ["low_order_component_A", "low_order_component_R"] } == 35)
    }

    private func hexadecimal(_ value: JSON?) throws -> [UInt8] {
        let digits = Array(try #require(value?.text).string)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0..<$0 + 2]), radix: 16))
        }
    }
}
