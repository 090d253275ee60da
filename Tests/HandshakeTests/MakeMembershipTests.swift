import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct MakeMembershipTests {
    /// What the first of two candidates says, and whether the second is asked then.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let exit: Int
        let goesOn: Bool
        let answer: @Sendable () throws(TransportError) -> Response
    }

    private static func refusal(_ status: Int, _ errcode: Text, _ exit: Int, goesOn: Bool) -> Case {
        Case(testDescription: "\(status) \(errcode)", exit: exit, goesOn: goesOn) { .error(status, errcode) }
    }

    private static func fault(_ kind: TransportError.Kind, _ exit: Int, goesOn: Bool) -> Case {
        Case(testDescription: kind.rawValue, exit: exit, goesOn: goesOn) { () throws(TransportError) in
            throw .fake(kind)
        }
    }

    private static let cases: [Case] = [
        refusal(403, "M_FORBIDDEN", 46, goesOn: false),
        refusal(401, "M_UNAUTHORIZED", 46, goesOn: false),
        refusal(400, "M_INCOMPATIBLE_ROOM_VERSION", 46, goesOn: false),
        refusal(400, "M_UNABLE_TO_AUTHORISE_JOIN", 46, goesOn: true),
        refusal(400, "M_UNABLE_TO_GRANT_JOIN", 46, goesOn: true),
        refusal(404, "M_NOT_FOUND", 47, goesOn: true),
        refusal(404, "M_UNRECOGNIZED", 47, goesOn: false),
        refusal(429, "M_LIMIT_EXCEEDED", 48, goesOn: true),
        refusal(500, "M_UNKNOWN", 48, goesOn: true),
        Case(testDescription: "502 of a proxy", exit: 48, goesOn: true) { .text("<h1>", status: 502) },
        Case(testDescription: "404 of a web server", exit: 45, goesOn: true) { .text("<h1>", status: 404) },
        Case(testDescription: "a redirect", exit: 45, goesOn: true) { .text("", status: 301) },
        Case(testDescription: "HTML", exit: 45, goesOn: true) { .text("<h1>") },
        Case(testDescription: "no event", exit: 45, goesOn: true) { .json(["room_version": "11"]) },
        Case(testDescription: "a list", exit: 45, goesOn: true) { .json([]) },
        fault(.name, 41, goesOn: true), fault(.connect, 42, goesOn: true), fault(.reset, 42, goesOn: true),
        fault(.tls, 43, goesOn: true), fault(.timeout, 44, goesOn: true), fault(.protocolFault, 45, goesOn: true),
        fault(.tooLarge, 45, goesOn: true), fault(.cancelled, 40, goesOn: false), fault(.other, 40, goesOn: false),
    ]

    private func asking(_ case: Case, only: Bool) async throws -> Harness.Run {
        var harness = try Harness()
        harness.resident.listed = only ? ["first.example:1"] : ["first.example:1", "resident.example:8448"]
        harness.request.via = [.named("first.example:1")]
        return await harness.join { request throws(TransportError) in
            request.hostHeader == "first.example:1" ? try `case`.answer() : nil
        }
    }

    @Test(arguments: cases)
    func `the next candidate is asked only where it may do better`(case: Case) async throws {
        let run = try await asking(`case`, only: false)
        #expect((run.failure == nil) == `case`.goesOn)
        #expect(run.facts.resident == (`case`.goesOn ? FakeResident.resident.name : nil))
        #expect(run.book.results("candidate") == (`case`.goesOn ? [.warn] : []))
        if !`case`.goesOn { #expect(run.failure?.exit == `case`.exit) }
    }

    @Test(arguments: cases)
    func `the last candidate's failure is the stage's`(case: Case) async throws {
        let run = try await asking(`case`, only: true)
        #expect(run.failure?.exit == `case`.exit)
        #expect(run.failure?.stage == .makeJoin)
        #expect(run.failure?.server == .named("first.example:1"))
        #expect(run.facts.sent == false)
        #expect(run.facts.joined == false)
        #expect(run.transport.puts.isEmpty)
    }

    @Test func `so many candidates are asked as were asked for`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["a.example:1", "b.example:1", "c.example:1", "resident.example:8448"]
        harness.request.via = [.named("a.example:1"), .named("b.example:1"), .named("c.example:1")]
        harness.request.mostCandidates = 2
        let run = await harness.join()
        #expect(run.failure?.exit == 42)
        let asked = run.transport.requests.filter { $0.path.contains("/make_join/") }.map(\.hostHeader)
        #expect(asked == ["a.example:1", "b.example:1"])
    }

    @Test func `a candidate without an address is passed over`() async throws {
        var harness = try Harness()
        harness.resolver = .table(["resident.example": ["192.0.2.1"], "joiner.example": ["192.0.2.2"]])
        harness.request.via = [.named("gone.example:1")]
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.book.results("candidate") == [.warn])
    }

    @Test func `a server that is named again at the end does not hide those between`() async throws {
        var harness = try Harness()
        let gone = ServerName.named("gone.example:1")
        try harness.askByID(via: [gone, FakeResident.resident.name, gone])
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.facts.resident == FakeResident.resident.name)
    }

    @Test func `make_join offers the versions that were asked for, in their order`() async throws {
        var harness = try Harness()
        harness.request.versions = [.v11, .v1]
        harness.request.stopAfter = .makeJoin
        let run = await harness.join()
        let asked = try #require(run.transport.requests.first { $0.path.contains("/make_join/") })
        #expect(asked.query == "ver=11&ver=1")
    }
}
