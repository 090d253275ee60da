import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct SendKnockTests {
    private static let knockable = RoomVersion.all.filter(\.allowsKnocking)

    private func state(_ run: Harness.Run) -> StrippedState? {
        run.book.records.lazy.compactMap { record in
            if case .strippedState(let state) = record.event { state } else { nil }
        }.first
    }

    @Test(arguments: knockable)
    func `a knock goes through its stages, and joins nothing`(version: RoomVersion) async throws {
        var harness = try Harness(version)
        harness.request.content = MembershipEvent.Content(displayName: "Alice", reason: "let me in")
        let run = await harness.knock()
        #expect(run.failure == nil)
        #expect(run.book.stagesBegun == Stage.knock)
        #expect(run.facts.hasKnocked)
        #expect(run.facts.sent == true)
        #expect(run.facts.joined == false)
        let put = try #require(run.transport.puts.first)
        #expect(put.path.hasPrefix("/_matrix/federation/v1/send_knock/"))
        #expect(put.json?["content"] == ["membership": "knock", "displayname": "Alice", "reason": "let me in"])
        #expect(state(run)?.entries.first?.type == "m.room.create")
        #expect(run.book.results("stripped_state").isEmpty)
    }

    @Test func `only versions that can be knocked at are offered`() async throws {
        let run = await (try Harness()).knock()
        let asked = try #require(run.transport.requests.first { $0.path.contains("/make_knock/") })
        #expect(asked.query == Self.knockable.map { "ver=\($0.id)" }.joined(separator: "&"))
    }

    @Test(arguments: [RoomVersion.v1, .v6])
    func `a template of a version without knocking is not signed`(version: RoomVersion) async throws {
        let run = await (try Harness(version)).knock()
        #expect(run.failure?.exit == 49)
        #expect(run.transport.puts.isEmpty)
    }

    @Test(arguments: ["join", "leave", "invite", "ban"] as [Text])
    func `a template for something else is not signed`(membership: Text) async throws {
        var harness = try Harness()
        harness.resident.knockTemplate = harness.resident.room.template(
            for: FakeResident.user, membership: membership)
        let run = await harness.knock()
        #expect(run.failure?.exit == 49)
        #expect(run.failure?.stage == .makeKnock)
        #expect(run.failure?.hints.first?.id == "lying-template")
        #expect(run.transport.puts.isEmpty)
    }

    @Test func `nobody's word that authorises a join gets into a knock`() async throws {
        var harness = try Harness()
        harness.resident.knockTemplate = harness.resident.knockTemplate.changing(
            "event", "content", "join_authorised_via_users_server",
            to: .string(harness.resident.room.creator.text))
        let run = await harness.knock()
        #expect(run.transport.puts.first?.json?["content"] == ["membership": "knock"])
    }

    @Test func `a knock that is refused has not happened`() async throws {
        let run = await (try Harness()).knock { $0.method == .put ? .error(403, "M_FORBIDDEN") : nil }
        #expect(run.failure?.exit == 86)
        #expect(run.failure?.stage == .sendKnock)
        #expect(!run.facts.hasKnocked)
    }

    @Test func `there is no older version of send_knock to try`() async throws {
        let run = await (try Harness()).knock { $0.method == .put ? .error(404, "M_UNRECOGNIZED") : nil }
        #expect(run.failure?.exit == 87)
        #expect(run.transport.puts.count == 1)
    }

    @Test func `a knock that is cut may have happened, but joins nothing`() async throws {
        let run = await (try Harness()).knock { request throws(TransportError) in
            if request.method == .put { throw .fake(.reset, bytesSent: true) }
            return nil
        }
        #expect(run.failure?.exit == 82)
        #expect(run.facts.isUnsettled)
        #expect(run.facts.sent == nil)
        #expect(run.facts.joined == false)
    }

    @Test(arguments: [[:], ["knock_room_state": [:]], [], ["knock_room_state": .null]] as [JSON])
    func `an answer that shows nothing is warned of, and the knock stands`(answer: JSON) async throws {
        var harness = try Harness()
        harness.resident.knockAnswer = answer
        let run = await harness.knock()
        #expect(run.failure == nil)
        #expect(run.facts.hasKnocked)
        #expect(run.book.results("stripped_state") == [.warn])
    }

    @Test func `state without its create event is shown and warned of`() async throws {
        var harness = try Harness()
        harness.resident.knockAnswer = [
            "knock_room_state": .array(harness.resident.room.state.dropFirst().map { .object($0.event) })
        ]
        let run = await harness.knock()
        #expect(run.book.details("stripped_state").first?.hasSuffix("the create event is not among it") == true)
        #expect(state(run)?.entries.isEmpty == false)
    }
}
