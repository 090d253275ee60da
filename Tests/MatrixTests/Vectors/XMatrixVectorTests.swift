import TestSupport
import Testing

@testable import Matrix

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct XMatrixVectorTests {
    @Test(arguments: Vector.all("x_matrix", "sign_request"))
    func `signs requests as others do`(vector: Vector) throws {
        let key = try vector.signingKey()
        func request(to destination: Text) throws -> SignableRequest {
            let origin = try vector.text("origin")
            return SignableRequest(
                method: try vector.text("method"),
                uri: try vector.text("uri"),
                origin: try #require(ServerName(origin)),
                destination: try #require(ServerName(destination)),
                content: vector["content"]
            )
        }
        let due = try request(to: vector.text("destination"))
        let header = try key.authorization(for: due)
        #expect(header.signature == (try vector.text("expected_sig")))
        #expect(header.isValid(for: due, key: key.publicKey))
        if let expected = vector["expected_authorization"]?.text { #expect(header.value == expected) }
        if let other = vector["expected_invalid_for_destination"]?.text {
            #expect(!header.isValid(for: try request(to: other), key: key.publicKey))
        }
    }

    @Test(arguments: Vector.all("x_matrix", "parse_header"))
    func `reads headers as others do`(vector: Vector) throws {
        #expect(try Decision.on(vector) == .agree)
        for key: Text in ["input", "equivalent_header"] where vector[key] != nil {
            let header = try #require(XMatrix(parsing: vector.text(key)))
            #expect(header.origin == vector["expected"]?["origin"]?.text)
            #expect(header.destination == vector["expected"]?["destination"]?.text)
            #expect(header.key == vector["expected"]?["key"]?.text)
            let signature = try #require(vector["expected"]?["sig"]?.text)
            #expect(Base64.decode(header.signature) == Base64.decode(signature))
        }
    }
}
