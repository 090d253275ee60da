import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct LookUpTests {
    private static let resident = FakeResident.resident.name

    private func lookUp(_ harness: Harness, _ answer: Response? = nil) async -> Result<Room, Failure> {
        let network = harness.network(harness.resident.transport { _ in answer })
        let found = Destination(server: Self.resident, rule: "2", name: Self.resident)
        do throws(Failure) {
            return .success(try await LookUp(harness.request, at: found, network).run(harness.book.journal))
        } catch {
            return .failure(error)
        }
    }

    private func names(_ servers: [ServerName]) -> [String] { servers.map(\.description) }

    @Test func `the person's servers come first, then the link's, the alias's own, the list's`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["b.example", "resident.example:8448", "a.example", "b.example"]
        harness.request.room = try RoomReference(
            parsing: "matrix:r/room:resident.example:8448?via=link.example&via=a.example")
        harness.request.via = [.named("said.example"), .named("link.example")]
        let room = try await lookUp(harness).get()
        #expect(
            names(room.candidates) == [
                "said.example", "link.example", "a.example", "resident.example:8448", "b.example",
            ])
        #expect(room.id == harness.resident.room.roomID)
    }

    @Test func `the alias's server is no candidate where the list lacks it`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["b.example"]
        #expect(names(try await lookUp(harness).get().candidates) == ["b.example"])
    }

    @Test func `we are no candidate ourselves`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["joiner.example:8448", "b.example"]
        harness.request.via = [FakeResident.joiner.name]
        #expect(names(try await lookUp(harness).get().candidates) == ["b.example"])
    }

    @Test func `what is no server name is passed over`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["", "no name", "-", "b.example:99999", "b.example"]
        #expect(names(try await lookUp(harness).get().candidates) == ["-", "b.example"])
    }

    @Test func `a room in which nobody else is stops the run`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["joiner.example:8448"]
        #expect(await lookUp(harness).failure?.exit == 39)
    }

    @Test func `a room id's servers are those of the person and the link, each once, without ourselves`() async throws {
        var harness = try Harness(.v12)
        let id = try #require(PercentEncoding.encode(harness.resident.room.roomID.text).split(separator: "%21").first)
        harness.request.room = try RoomReference(
            parsing: Text("matrix:roomid/\(id)?via=b.example&via=joiner.example:8448&via=a.example"))
        harness.request.via = [.named("a.example"), .named("a.example")]
        #expect(names(try await lookUp(harness).get().candidates) == ["a.example", "b.example"])
    }

    @Test func `a room id that names a server is asked for there`() async throws {
        var harness = try Harness(.v11)
        try harness.askByID(via: [])
        #expect(names(try await lookUp(harness).get().candidates) == ["resident.example:8448"])
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let answer: Response
        let exit: Int
    }

    private static let cases: [Case] = [
        Case(testDescription: "no such alias", answer: .error(404, "M_NOT_FOUND"), exit: 37),
        Case(testDescription: "no federation", answer: .error(404, "M_UNRECOGNIZED"), exit: 37),
        Case(testDescription: "404 of a web server", answer: .text("<h1>", status: 404), exit: 35),
        Case(testDescription: "a redirect", answer: .text("", status: 307), exit: 35),
        Case(testDescription: "HTML", answer: .text("<h1>hello</h1>"), exit: 35),
        Case(testDescription: "a list", answer: .json([]), exit: 35),
        Case(testDescription: "no room", answer: .json(["servers": ["a.example"]]), exit: 35),
        Case(testDescription: "no room id", answer: .json(["room_id": "room", "servers": []]), exit: 35),
        Case(testDescription: "no servers", answer: .json(["room_id": "!room:a.example"]), exit: 35),
        Case(testDescription: "401", answer: .error(401, "M_UNAUTHORIZED"), exit: 36),
        Case(testDescription: "429", answer: .error(429, "M_LIMIT_EXCEEDED"), exit: 38),
        Case(testDescription: "502", answer: .text("<h1>", status: 502), exit: 38),
    ]

    @Test(arguments: cases)
    func `an answer without a room stops the run`(case: Case) async throws {
        let failure = await lookUp(try Harness(), `case`.answer).failure
        #expect(failure?.exit == `case`.exit)
        #expect(failure?.server == Self.resident)
    }

    @Test func `only M_NOT_FOUND says that there is no such alias`() async throws {
        let missing = await lookUp(try Harness(), .error(404, "M_NOT_FOUND")).failure
        #expect(missing?.message == "resident.example:8448 has no alias #room:resident.example:8448 (404 M_NOT_FOUND)")
        let deaf = await lookUp(try Harness(), .error(404, "M_UNRECOGNIZED", "Unrecognized request")).failure
        #expect(deaf?.message == #"resident.example:8448 refused: "Unrecognized request""#)
    }
}
