import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What Synapse refused, replayed: the run stops at the same stage, with its words.
@Suite(.enabled(if: Scenario.isThere, Scenario.absence))
struct RefusalReplayTests {
    /// What was offered in place of all versions.
    static let offered: [String: [RoomVersion]] = ["version_unsupported": [.v1, .v2], "version_unsaid": [.v1]]

    @Test func `every recording is of an outcome that is replayed, or of a knock`() {
        #expect(Scenario.all.count == 51)
        let counts = ["joined": 37, "refused": 12, "left": 1, "template given": 1]
        for (outcome, count) in counts { #expect(Scenario.all(outcome).count == count, "\(outcome)") }
    }

    @Test(arguments: Scenario.all("refused"))
    func `a refusal stops the run where it came, with the remote's words`(scenario: Scenario) async throws {
        let recording = try Recording(scenario.name)
        let book = JournalBook()
        var request = try recording.request()
        request.versions = Self.offered[scenario.name] ?? request.versions
        let transport = recording.transport(sameQuery: scenario.name != "version_unsaid")
        let handshake = Handshake(
            request, network: recording.network(transport, book.journal), journal: book.journal)

        let failure = try #require(await end { () throws(End) in try await handshake.join() }?.failure)
        #expect(failure.stage.rawValue == scenario.stage)
        #expect(failure.exit == failure.stage.tens + (scenario.status == 404 ? 7 : 6))
        #expect(failure.answer?.status == scenario.status)
        #expect(failure.answer?.errcode == scenario.errcode)
        #expect(failure.answer?.message == scenario.error)
        #expect(failure.side == (scenario.errcode == "M_INCOMPATIBLE_ROOM_VERSION" ? .ours : .theirs))
        #expect(book.journal.facts.sent == false)
        #expect(book.journal.facts.joined == false)
        #expect(transport.puts.isEmpty)
    }

    @Test(arguments: Scenario.all("refused"))
    func `every refusal has a hint`(scenario: Scenario) async throws {
        let recording = try Recording(scenario.name)
        let book = JournalBook()
        var request = try recording.request()
        request.versions = Self.offered[scenario.name] ?? request.versions
        let transport = recording.transport(sameQuery: scenario.name != "version_unsaid")
        let handshake = Handshake(
            request, network: recording.network(transport, book.journal), journal: book.journal)
        let failure = try #require(await end { () throws(End) in try await handshake.join() }?.failure)
        #expect(!failure.hints.isEmpty)
    }

    @Test func `a leave is taken`() async throws {
        let recording = try Recording("leave_v11")
        let book = JournalBook()
        let request = try recording.request()
        let transport = recording.transport()
        let handshake = Handshake(
            request, network: recording.network(transport, book.journal), journal: book.journal)
        guard case .id(let roomID) = request.room.room else { return #expect(Bool(false), "no room id") }

        let ended = await end { () throws(End) in try await handshake.leave(roomID, via: request.via) }
        #expect(ended?.failure == nil)
        #expect(book.journal.facts.hasLeft)
        #expect(book.journal.facts.sent == true)
        #expect(book.journal.facts.roomID == roomID)
        #expect(transport.puts.count == 1)
        let sent = try #require(transport.puts.first?.json)
        #expect(sent["content"]?["membership"] == "leave")
    }
}
