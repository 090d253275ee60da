import TestSupport
import Testing

@testable import Matrix

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct CanonicalJSONVectorTests {
    @Test(arguments: Vector.all("canonical_json", "canonicalize"))
    func `canonicalises as others do`(vector: Vector) throws {
        let bytes = try vector["input_base64"]?.text.flatMap(Base64.decode) ?? vector.text("input").bytes
        let result = try? CanonicalJSON(JSON(parsing: bytes)).text
        switch try Decision.on(vector) {
        case .agree where vector["expected_error"] != nil, .refuse: #expect(result == nil)
        case .agree: #expect(result == (try vector.text("expected").string))
        case .acceptAs(let text): #expect(result == text.string)
        case .accept: Issue.record("accepted as what?")
        }
    }

    @Test(arguments: Vector.all("canonical_json", "allowed_in_event"))
    func `knows what an event of a version may hold`(vector: Vector) throws {
        let value = try JSON(parsing: vector.text("input").bytes)
        let isAllowed = (try? CanonicalJSON(value, numbers: vector.version().numbers)) != nil
        #expect(try Decision.on(vector) == .agree)
        #expect(isAllowed == (try vector.bool("expected_allowed")))
    }
}
