import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct LeaveTests {
    private static let resident = FakeResident.resident.name

    @Test(arguments: [RoomVersion.v1, .v3, .v6, .v11, .v12])
    func `a leave goes through its stages and ends with us out`(version: RoomVersion) async throws {
        let harness = try Harness(version)
        let run = await harness.leave(via: [Self.resident])
        #expect(run.failure == nil)
        #expect(run.book.stagesBegun == Stage.leave)
        #expect(run.facts.hasLeft)
        #expect(run.facts.joined == false)
        #expect(run.facts.sent == true)
        #expect(run.facts.roomID == harness.resident.room.roomID)
        let sent = try #require(run.transport.puts.first?.json)
        #expect(sent["content"] == ["membership": "leave"])
        #expect(run.transport.puts.first?.path.hasPrefix("/_matrix/federation/v2/send_leave/") == true)
    }

    @Test func `make_leave offers no versions`() async throws {
        let run = await (try Harness()).leave(via: [Self.resident])
        let asked = try #require(run.transport.requests.first { $0.path.contains("/make_leave/") })
        #expect(asked.query == nil)
    }

    @Test func `a leave has a reason, but no display name`() async throws {
        var harness = try Harness()
        harness.request.content = MembershipEvent.Content(displayName: "Alice", reason: "done")
        let sent = try #require(await harness.leave(via: [Self.resident]).transport.puts.first?.json)
        #expect(sent["content"] == ["membership": "leave", "reason": "done"])
    }

    @Test func `a template for a join is no template for a leave`() async throws {
        var harness = try Harness()
        harness.resident.leaveTemplate = harness.resident.template
        let run = await harness.leave(via: [Self.resident])
        #expect(run.failure?.exit == 49)
        #expect(run.failure?.stage == .makeLeave)
        #expect(run.transport.puts.isEmpty)
    }

    @Test func `the next server is asked where one has left the room itself`() async throws {
        let harness = try Harness()
        let first = ServerName.named("first.example:1")
        let run = await harness.leave(via: [first, Self.resident, first]) { request in
            request.hostHeader == "first.example:1" ? .error(404, "M_NOT_FOUND") : nil
        }
        #expect(run.failure == nil)
        #expect(run.facts.resident == Self.resident)
    }

    @Test(arguments: [404, 405])
    func `version 1 follows where the resident does not know version 2`(status: Int) async throws {
        let run = await (try Harness()).leave(via: [Self.resident]) { request in
            request.path.hasPrefix("/_matrix/federation/v2/") ? .error(status, "M_UNRECOGNIZED") : nil
        }
        #expect(run.failure == nil)
        #expect(run.facts.hasLeft)
        #expect(run.transport.puts.last?.path.hasPrefix("/_matrix/federation/v1/send_leave/") == true)
    }

    @Test func `a leave that is refused has not happened`() async throws {
        let run = await (try Harness()).leave(via: [Self.resident]) {
            $0.method == .put ? .error(403, "M_FORBIDDEN") : nil
        }
        #expect(run.failure?.exit == 86)
        #expect(run.failure?.stage == .sendLeave)
        #expect(!run.facts.hasLeft)
        #expect(!run.facts.isUnsettled)
    }

    @Test func `who is not in the room is not joined, which ends all doubt of a join whose answer was lost`()
        async throws
    {
        let harness = try Harness()
        harness.book.journal.note { $0.joined = nil }
        let run = await harness.leave(via: [Self.resident]) { request in
            request.path.contains("/make_leave/") ? .error(403, "M_FORBIDDEN", "@u:us not in room !r:b.") : nil
        }
        #expect(run.failure?.exit == 46)
        #expect(run.failure?.hints.first?.id == "not-in-room")
        #expect(run.facts.joined == false)
        #expect(run.facts.sent == false)
    }

    @Test func `a leave that never went out says nothing of an unknown outcome`() async throws {
        let harness = try Harness()
        harness.book.journal.note { $0.joined = nil }
        let run = await harness.leave(via: [Self.resident]) { request throws(TransportError) in
            if request.method == .put { throw .fake(.connect) }
            return nil
        }
        #expect(run.failure?.exit == 82)
        #expect(run.facts.sent == false)
        #expect(run.failure?.hints.contains { $0.id == "outcome-unknown" } == false)
    }

    /// A whole join, and then the leave of it.
    private func joinAndLeave(_ override: @escaping FakeResident.Override = { _ in nil }) async throws -> Harness.Run {
        let harness = try Harness()
        let transport = harness.resident.transport(override)
        let handshake = Handshake(
            harness.request, network: harness.network(transport), journal: harness.book.journal)
        let ended = await end { () throws(End) in try await handshake.leave(try await handshake.join()) }
        return Harness.Run(end: ended, transport: transport, book: harness.book)
    }

    @Test func `a join can be undone at the server that took it`() async throws {
        let run = try await joinAndLeave()
        #expect(run.failure == nil)
        #expect(run.book.stagesBegun == Stage.join + [.makeLeave, .sign, .sendLeave])
        #expect(run.facts.hasLeft)
        #expect(run.facts.joined == false)
        #expect(run.facts.verified == true)
    }

    @Test func `a join whose undoing fails before the first byte is still a join that was sent`() async throws {
        let run = try await joinAndLeave { request throws(TransportError) in
            if request.path.contains("/send_leave/") { throw .fake(.connect) }
            return nil
        }
        #expect(run.failure?.exit == 82)
        #expect(run.facts.sent == true)
        #expect(run.facts.joined == true)
        #expect(!run.facts.hasLeft)
    }

    @Test func `a join whose undoing is cut is one of which nobody can say whether it stands`() async throws {
        let run = try await joinAndLeave { request throws(TransportError) in
            if request.path.contains("/send_leave/") { throw .fake(.reset, bytesSent: true) }
            return nil
        }
        #expect(run.failure?.exit == 82)
        #expect(run.facts.sent == true)
        #expect(run.facts.joined == nil)
    }
}
