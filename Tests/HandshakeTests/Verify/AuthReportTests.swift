import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What is said of the authorisation rules, and what of it fails a join.
@Suite struct AuthReportTests {
    private static let neighbour = FakeServer("neighbour.example:8448")
    private static let versions: [RoomVersion] = [.v1, .v6, .v11, .v12]

    /// A join of a room in which a user of the neighbour is, who has no power; `naming` are the places of the events
    /// that the template names, where that is not what the room has it name.
    private func join(
        _ version: RoomVersion = .v11, naming places: [Int]? = nil,
        _ change: (inout FakeResident) -> Void = { _ in }
    ) async throws -> Harness.Run {
        var harness = try Harness(version)
        let user = Self.neighbour.user("bob")
        harness.resident.room.add(
            "m.room.member", user.text, ["membership": "join"], sender: user, signer: Self.neighbour)
        harness.resident.publishers.append(Self.neighbour)
        change(&harness.resident)
        let room = harness.resident.room
        harness.resident.template = room.template(for: FakeResident.user)
        if let places {
            harness.resident.template = harness.resident.template.changing(
                "event", "auth_events", to: .array(places.map { room.reference(to: room.state[$0]) }))
        }
        return await harness.join()
    }

    /// Adds a state event of the neighbour's user.
    private func add(_ type: Text, _ content: JSON.Object, to resident: inout FakeResident) -> EventID {
        resident.room.add(type, "", content, sender: Self.neighbour.user("bob"), signer: Self.neighbour)
    }

    @Test(arguments: versions)
    func `all that stand are counted, and the join is allowed twice`(version: RoomVersion) async throws {
        let run = try await join(version)
        #expect(run.failure == nil)
        #expect(
            run.book.details("auth_rules") == ["the auth rules of room version \(version.id) allow 5 of 5 events"])
        #expect(run.book.results("join_allowed") == [.pass, .pass])
    }

    @Test(arguments: versions)
    func `an event that the rules reject is listed with what decided`(version: RoomVersion) async throws {
        var topic: EventID?
        let run = try await join(version) { resident in
            topic = add("m.room.topic", ["topic": "mine"], to: &resident)
        }
        #expect(run.failure == nil)
        #expect(run.book.results("auth_rules") == [.warn, .warn])
        let said = try #require(run.book.checks.first { $0.check == "auth_rules" })
        #expect(said.subject == topic?.text)
        let levels = FakeResident(version).room.state[2].id
        #expect(
            said.detail.contains("rejected by rule ") && said.detail.contains("decided by \(levels)"), "\(said.detail)")
        #expect(run.book.details("auth_rules").last?.contains("allow 5 of 6 events") == true)
    }

    @Test(arguments: versions)
    func `where that one decides the join, it fails`(version: RoomVersion) async throws {
        let run = try await join(version, naming: version.namesRoomsByHash ? [2, 3, 5] : [0, 2, 3, 5]) { resident in
            _ = add("m.room.topic", ["topic": "mine"], to: &resident)
        }
        #expect(run.failure?.exit == 99)
        #expect(run.failure?.message.contains("(m.room.topic of @bob:neighbour.example:8448): rejected by") == true)
        #expect(run.failure?.message.hasSuffix("which decides our join") == true)
    }

    @Test func `what rests on a missing event is not judged`() async throws {
        let run = try await join { resident in
            let member = resident.room.state[4].id
            _ = add("m.room.topic", ["topic": "mine"], to: &resident)
            resident.room.remove(member)
        }
        #expect(run.failure == nil)
        let words = run.book.details("auth_rules")
        #expect(words.first?.contains("not to be judged, since $") == true)
        #expect(words.first?.hasSuffix(" is missing or not judged") == true)
        #expect(words.last?.contains("allow 4 of 5 events, 1 could not be judged") == true)
    }

    @Test(arguments: versions)
    func `a join that the rules refuse fails`(version: RoomVersion) async throws {
        let run = try await join(version) { resident in
            resident.room.add("m.room.member", FakeResident.user.text, ["membership": "ban"])
        }
        #expect(run.failure?.message.hasPrefix("the auth rules refuse our join by the events that it names: ") == true)
        #expect(run.book.results("join_allowed") == [.fail])
    }

    /// The template leaves our ban out, which the state has.
    @Test(arguments: versions)
    func `so does one that only the state refuses`(version: RoomVersion) async throws {
        let run = try await join(version, naming: version.namesRoomsByHash ? [2, 3] : [0, 2, 3]) { resident in
            resident.room.add("m.room.member", FakeResident.user.text, ["membership": "ban"])
        }
        #expect(run.failure?.message.hasPrefix("the auth rules refuse our join by the state that came back: ") == true)
        #expect(run.book.results("join_allowed") == [.pass, .fail])
    }

    /// Our invite is what lets us in, and the state that comes back lacks it.
    @Test(arguments: versions, [true, false])
    func `a member that our join names counts where members were left out, and only there`(
        version: RoomVersion, isOmitted: Bool
    ) async throws {
        let user = FakeResident.user.text
        let run = try await join(version) { resident in
            // The neighbour's join rests on the rule that goes.
            for id in resident.room.state[3...].map(\.id) { resident.room.remove(id) }
            resident.room.add("m.room.join_rules", "", ["join_rule": "invite"])
            resident.room.add("m.room.member", user, ["membership": "invite"])
            resident.answering = { answer in
                var answer = answer
                let state = answer["state"]?.array ?? []
                let members = state.filter { $0["state_key"]?.text == user }
                answer["state"] = .array(state.filter { !members.contains($0) })
                answer["auth_chain"] = .array((answer["auth_chain"]?.array ?? []) + members)
                answer["members_omitted"] = .bool(isOmitted)
                answer["servers_in_room"] = [.string(FakeResident.resident.name.text)]
                return answer
            }
        }
        #expect(run.book.results("join_allowed") == [.pass, isOmitted ? .pass : .fail])
        #expect((run.failure == nil) == isOmitted)
        let said = run.book.details("members_omitted").contains { $0.contains("leaves out the membership of") }
        #expect(said == isOmitted)
    }

    @Test(arguments: versions)
    func `a template that did not name what it had to is warned of`(version: RoomVersion) async throws {
        let run = try await join(version, naming: version.namesRoomsByHash ? [3] : [0, 3])
        #expect(run.failure == nil)
        #expect(run.book.results("auth_selection") == [.warn])
        let levels = FakeResident(version).room.state[2].id
        #expect(run.book.details("auth_selection").first?.hasPrefix("the template did not name \(levels),") == true)
    }

    /// As where it is sent a second time.
    @Test(arguments: versions)
    func `a join that is in the state already is not missed among what it names`(version: RoomVersion) async throws {
        let run = try await join(version) { resident in
            resident.answering = { answer in
                var answer = answer
                answer["state"] = .array((answer["state"]?.array ?? []) + [answer["event"] ?? .null])
                return answer
            }
        }
        #expect(run.failure == nil)
        #expect(run.book.details("answer").first?.hasPrefix("6 state events") == true)
        #expect(run.book.results("auth_selection") == [])
    }

    @Test func `records have each rule that applied to our join`() async throws {
        let run = try await join()
        #expect(run.book.details("auth_rule").allSatisfy { $0.hasPrefix("rule ") })
        #expect(run.book.details("auth_rule").contains { $0.contains(" allows: ") })
    }
}
