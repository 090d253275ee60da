import TestSupport
import Testing

@testable import Matrix

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct EventVectorTests {
    @Test(arguments: Vector.all("event_hash"))
    func `hashes and names events of real rooms as others do`(vector: Vector) throws {
        let (event, version) = try (vector.object("event"), vector.version())
        switch vector.operation {
        case "content_hash":
            #expect(Base64.encode(try EventHashes.content(event, version)) == (try vector.text("expected")))
        case "content_hash_mismatch":
            #expect(Base64.encode(try EventHashes.content(event, version)) != (try vector.text("expected_not")))
        case "reference_hash":
            let expected = try vector.text("expected")
            let bytes = Base64.decode(Text(expected.string.replacing("-", with: "+").replacing("_", with: "/")))
            #expect(try EventHashes.reference(event, version) == bytes)
        default:
            #expect(try EventHashes.id(event, version)?.text == (try vector.text("expected")))
        }
    }

    @Test(arguments: Vector.all("redaction"))
    func `redacts as others do`(vector: Vector) throws {
        let redacted = try vector.version().redaction.redact(vector.object("event"))
        if let content = vector["expected_content"] {
            #expect(redacted["content"] == content)
        } else {
            #expect(redacted == (try vector.object("expected")))
        }
    }
}
