import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct HandshakeTests {
    static let versions: [RoomVersion] = [.v1, .v2, .v3, .v4, .v6, .v8, .v10, .v11, .v12]

    @Test(arguments: versions)
    func `a join goes through all stages, each once and in order`(version: RoomVersion) async throws {
        let run = await (try Harness(version)).join()
        #expect(run.failure == nil)
        #expect(run.book.stagesBegun == Stage.join)
        #expect(run.book.stageEnds.map(\.stage) == Stage.join)
        #expect(run.book.stageEnds.allSatisfy { $0.result == .pass })
        #expect(run.book.checks.filter { $0.result == .warn || $0.result == .fail }.map(\.detail) == [])
    }

    @Test(arguments: versions)
    func `a join ends with facts that say what was done`(version: RoomVersion) async throws {
        let harness = try Harness(version)
        let run = await harness.join()
        let sent = try #require(run.transport.puts.first?.json?.object)
        #expect(run.transport.puts.count == 1)
        #expect(run.facts.eventID == RoomBuilder.id(sent, version))
        #expect(run.facts.roomID == harness.resident.room.roomID)
        #expect(run.facts.roomVersion == version)
        #expect(run.facts.resident == FakeResident.resident.name)
        #expect(run.facts.sent == true)
        #expect(run.facts.joined == true)
        #expect(run.facts.verified == true)
        #expect(!run.facts.hasLeft)
        #expect(run.facts.warnings == 0)
    }

    @Test(arguments: Stage.join)
    func `a run that is to stop after a stage begins no further one`(stage: Stage) async throws {
        var harness = try Harness()
        harness.request.stopAfter = stage
        let run = await harness.join()
        let last = try #require(Stage.join.firstIndex(of: stage))
        #expect(run.end?.stoppedAfter == stage)
        #expect(run.book.stagesBegun == Array(Stage.join[...last]))
        let isSent = [.sendJoin, .verify].contains(stage)
        #expect(run.transport.puts.count == (isSent ? 1 : 0))
        #expect(run.facts.sent == isSent)
        #expect(run.facts.joined == isSent)
    }

    @Test func `a dry run asks for what the man page lists, and for nothing else`() async throws {
        var harness = try Harness()
        harness.request.stopAfter = .sign
        let run = await harness.join()
        #expect(run.end?.stoppedAfter == .sign)
        let asked = [
            "/key/v2/server", "/federation/v1/version", "/query/directory", "/make_join/",
        ]
        let known = run.transport.asked.filter { !$0.hasSuffix("/.well-known/matrix/server") }
        #expect(known.count == asked.count)
        #expect(zip(known, asked).allSatisfy { $0.hasPrefix("GET /_matrix/") && $0.contains($1) })
        #expect(run.transport.requests.map { $0.authorization != nil }.suffix(4) == [false, false, true, true])
    }

    @Test func `a room id leaves the directory out, and says so`() async throws {
        var harness = try Harness(.v12)
        try harness.askByID()
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.book.stageEnds.first { $0.stage == .directory }?.result == .skip)
        #expect(!run.transport.asked.contains { $0.contains("/query/directory") })
    }

    @Test func `a run that is to stop after a stage that is left out stops there, too`() async throws {
        var harness = try Harness()
        try harness.askByID()
        harness.request.stopAfter = .directory
        #expect(await harness.join().end?.stoppedAfter == .directory)
    }

    @Test func `a stage that is left out ends but once`() async throws {
        var harness = try Harness()
        try harness.askByID()
        harness.request.checksSelf = false
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.book.stageEnds.map(\.stage) == Stage.join)
        #expect(run.book.stageEnds.prefix(3).map(\.result) == [.skip, .pass, .skip])
    }

    @Test func `a failed stage is the last, and ends as failed`() async throws {
        let run = await (try Harness()).join { request in
            request.path.contains("/make_join/") ? .error(403, "M_FORBIDDEN") : nil
        }
        #expect(run.failure?.exit == 46)
        #expect(run.book.stagesBegun.last == .makeJoin)
        #expect(run.book.stageEnds.last?.stage == .makeJoin)
        #expect(run.book.stageEnds.last?.result == .fail)
        #expect(run.book.stageEnds.last?.failure == run.failure)
    }

    @Test(arguments: [Stage.identity, .discovery, .directory, .makeJoin, .sign, .sendJoin, .verify])
    func `a stage may be typed with a dash`(stage: Stage) {
        #expect(Stage(typed: stage.rawValue) == stage)
        #expect(Stage(typed: stage.rawValue.split(separator: "_").joined(separator: "-")) == stage)
    }

    @Test(arguments: ["", "selv", "make join", "MAKE_JOIN"])
    func `no other word is a stage`(word: String) { #expect(Stage(typed: word) == nil) }
}
