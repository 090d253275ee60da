import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What of an answer as a whole fails a join, and what is warned of. VerifyTests has the create event and our own.
@Suite struct RoomChecksTests {
    /// A join whose answer is changed, and the room before that.
    private func join(
        _ version: RoomVersion = .v11, asksToOmit: Bool = false, room: (inout RoomBuilder) -> Void = { _ in },
        answering: @escaping @Sendable (JSON.Object) -> JSON.Object = { $0 }
    ) async throws -> Harness.Run {
        var harness = try Harness(version)
        harness.request.omitsMembers = asksToOmit
        room(&harness.resident.room)
        harness.resident.answering = answering
        return await harness.join()
    }

    private static func without(_ type: Text, in list: Text, _ answer: JSON.Object) -> JSON.Object {
        var answer = answer
        answer[list] = .array((answer[list]?.array ?? []).filter { $0["type"]?.text != type })
        return answer
    }

    @Test(arguments: [RoomVersion.v1, .v6, .v11, .v12])
    func `a create event has to be in the state itself`(version: RoomVersion) async throws {
        let run = try await join(version, answering: { Self.without("m.room.create", in: "state", $0) })
        #expect(run.failure?.message == "there is no create event in the state")
        let repeated = try await join(version, answering: { Self.without("m.room.create", in: "auth_chain", $0) })
        #expect(repeated.failure == nil, "the chain need not repeat it")
    }

    @Test(arguments: [RoomVersion.v1, .v11, .v12])
    func `a create event of another state key is none`(version: RoomVersion) async throws {
        let run = try await join(version) { room in
            room.tamper(with: room.create) { $0["state_key"] = "x" }
        }
        #expect(run.failure?.message == "there is no create event in the state")
    }

    @Test(arguments: [RoomVersion.v11, .v12])
    func `what the join rests on must not be of another room`(version: RoomVersion) async throws {
        let run = try await join(version) { room in
            let levels = room.state[2].id
            room.tamper(with: levels) { $0["room_id"] = "!other:resident.example:8448" }
        }
        #expect(run.failure?.message.hasSuffix("which authorises our join") == true)
        #expect(run.book.results("room_id") == [.warn, .warn])
    }

    @Test(arguments: [RoomVersion.v1, .v3, .v11, .v12])
    func `of two events for one type and state key both are told`(version: RoomVersion) async throws {
        let run = try await join(version) { room in
            for topic: JSON in ["one", "two", "three"] { room.add("m.room.topic", "", ["topic": topic]) }
            room.add("m.room.topic", "x", ["topic": "of another key"])
        }
        #expect(run.failure == nil)
        #expect(run.book.results("state_twice") == [.warn, .warn, .warn])
        #expect(run.book.details("state_twice").first?.contains("are both the m.room.topic of the room") == true)
        #expect(run.book.details("state_twice").last?.hasPrefix("2 state events stand in for one another") == true)
    }

    @Test(arguments: [true, false])
    func `two where one decides the join fail it`(isFirst: Bool) async throws {
        let run = try await join { room in
            room.add("m.room.join_rules", "", ["join_rule": "public", "again": true])
        } answering: { answer in
            guard !isFirst else { return answer }
            var answer = answer
            answer["state"] = .array((answer["state"]?.array ?? []).reversed())
            return answer
        }
        #expect(run.failure?.exit == 99)
        #expect(
            run.failure?.message.hasSuffix("are both the m.room.join_rules of the room, which decides our join") == true
        )
    }

    @Test func `what the chain has beside the state is no second one`() async throws {
        let run = try await join { room in
            for topic: JSON in ["one", "two"] { room.add("m.room.topic", "", ["topic": topic]) }
        } answering: { answer in
            var answer = answer
            let state = answer["state"]?.array ?? []
            answer["state"] = .array(state.filter { $0["content"]?["topic"] != "one" })
            answer["auth_chain"] = .array(state.filter { $0["content"]?["topic"] != "two" })
            return answer
        }
        #expect(run.failure == nil)
        #expect(run.book.results("state_twice") == [])
    }

    @Test(arguments: [RoomVersion.v1, .v11, .v12])
    func `a message among the state is told`(version: RoomVersion) async throws {
        let run = try await join(version) { room in
            room.add("m.room.message", "", ["body": "hello"]) { $0["state_key"] = nil }
        }
        #expect(run.failure == nil)
        #expect(run.book.results("state_key") == [.warn, .warn])
        #expect(run.book.details("state_key").last?.hasPrefix("1 of the state events are no state") == true)
    }

    struct Omission: CustomTestStringConvertible {
        var asks = true
        var omitted: JSON? = true
        var servers: JSON?
        let warned: Set<String>

        var testDescription: String { "asked \(asks), \(String(describing: omitted)), \(String(describing: servers))" }
    }

    static let omissions: [Omission] = [
        Omission(servers: ["resident.example:8448"], warned: []),
        Omission(asks: false, servers: ["resident.example:8448"], warned: ["members_omitted"]),
        Omission(warned: ["servers_in_room"]), Omission(servers: "resident.example:8448", warned: ["servers_in_room"]),
        Omission(servers: ["no name"], warned: ["servers_in_room"]),
        Omission(servers: ["a.example", 7], warned: ["servers_in_room"]),
        Omission(asks: false, warned: ["members_omitted", "servers_in_room"]), Omission(omitted: false, warned: []),
        Omission(omitted: nil, warned: []), Omission(asks: false, omitted: nil, warned: []),
        Omission(omitted: false, servers: ["a.example", "resident.example:8448"], warned: []),
        Omission(omitted: false, servers: ["a.example"], warned: ["servers_in_room"]),
        Omission(omitted: false, servers: .null, warned: ["servers_in_room"]),
    ]

    @Test(arguments: omissions)
    func `members may be left out where that was asked for, and with the servers of the room`(
        omission: Omission
    ) async throws {
        let run = try await join(asksToOmit: omission.asks) { _ in
        } answering: { answer in
            var answer = omission.omitted == true ? Self.without("m.room.member", in: "state", answer) : answer
            answer["members_omitted"] = omission.omitted
            answer["servers_in_room"] = omission.servers
            return answer
        }
        #expect(run.failure == nil)
        #expect(Set(run.book.checks.filter { $0.result == .warn }.map(\.check)) == omission.warned)
    }
}
