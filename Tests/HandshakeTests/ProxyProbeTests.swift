import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct ProxyProbeTests {
    /// What the two requests of the probe are answered with, and what is said of the refusal then.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let plain: Response
        let encoded: Response
        let cause: String
        let result: Outcome

        init(_ description: String, _ plain: Response, _ encoded: Response, _ cause: String, _ result: Outcome) {
            testDescription = description
            self.plain = plain
            self.encoded = encoded
            self.cause = cause
            self.result = result
        }
    }

    private static let refused = Response.error(401, "M_UNAUTHORIZED", "Invalid signature for server")
    private static let accepted = Response.error(403, "M_FORBIDDEN", "Host not in room.")

    static let cases: [Case] = [
        Case("only the encoded path is refused", accepted, refused, "path-rewritten", .fail),
        Case("the encoded path does not arrive", accepted, .text("<h1>", status: 404), "path-rewritten", .fail),
        Case(
            "the encoded path is not known any more", accepted, .error(404, "M_UNRECOGNIZED"), "path-rewritten", .fail),
        Case("both are refused", refused, refused, "own-key-mismatch", .skip),
        Case("both are accepted", accepted, accepted, "own-key-mismatch", .skip),
        Case("nothing comes of either", .text("", status: 502), .text("", status: 502), "own-key-mismatch", .skip),
    ]

    @Test(arguments: cases)
    func `tells a path that is rewritten from a key that is not ours`(case: Case) async throws {
        var harness = try Harness()
        try harness.askByID()
        let run = await harness.join { request throws(TransportError) in
            if request.path.hasPrefix("/_matrix/federation/v1/make_join/") { return Self.refused }
            guard request.path.hasPrefix("/_matrix/federation/v1/state_ids/") else { return nil }
            return request.target.contains("%") ? `case`.encoded : `case`.plain
        }
        #expect(run.failure?.hints.first?.id == `case`.cause)
        #expect(run.book.results("proxy_probe") == [`case`.result])
        let probes = run.transport.requests.filter { $0.path.hasPrefix("/_matrix/federation/v1/state_ids/") }
        #expect(probes.count == 2)
        #expect(probes.allSatisfy { $0.method == .get && $0.authorization != nil })
    }

    @Test func `probes nothing where the signature was not refused`() async throws {
        var harness = try Harness()
        try harness.askByID()
        let run = await harness.join { request throws(TransportError) in
            request.path.hasPrefix("/_matrix/federation/v1/make_join/") ? .error(403, "M_FORBIDDEN") : nil
        }
        #expect(run.failure?.exit == 46)
        #expect(run.transport.asked.allSatisfy { !$0.contains("state_ids") })
    }
}
