import Federation
import TestSupport
import Testing

@testable import Handshake
@testable import Matrix

/// Which missing events the resident is asked for, and what of its answers counts.
@Suite struct MissingEventsTests {
    private static let versions: [RoomVersion] = [.v1, .v3, .v6, .v11, .v12]

    /// A run in which the answer lacks the events at these places of the room, and the resident answers those who ask
    /// for `chain` and for `event`, if at all.
    private func join(
        _ version: RoomVersion = .v11, lacking places: Set<Int>, chain: JSON? = nil, event: JSON? = nil,
        _ change: (inout FakeResident) -> Void = { _ in }
    ) async throws -> Harness.Run {
        var harness = try Harness(version)
        change(&harness.resident)
        let gone = Set(places.map { JSON.object(harness.resident.room.state[$0].event) })
        harness.resident.answering = { answer in
            var answer = answer
            for list: Text in ["state", "auth_chain"] {
                answer[list] = .array((answer[list]?.array ?? []).filter { !gone.contains($0) })
            }
            return answer
        }
        return await harness.join { request in
            switch request.kind {
            case "event_auth": chain.map { .json(["auth_chain": $0]) }
            case "event": event.map { .json(["pdus": [$0]]) }
            default: nil
            }
        }
    }

    /// What was asked for of events.
    private func asked(_ run: Harness.Run) -> [String] {
        run.transport.requests.map(\.kind).filter { ["event_auth", "event"].contains($0) }
    }

    private func room(_ version: RoomVersion = .v11) -> RoomBuilder { FakeResident(version).room }

    private func events(_ room: RoomBuilder) -> JSON { .array(room.state.map { .object($0.event) }) }

    @Test(arguments: versions)
    func `what the join rests on is fetched with its chain`(version: RoomVersion) async throws {
        let run = try await join(version, lacking: [1, 2], chain: events(room(version)))
        #expect(run.failure == nil)
        #expect(asked(run) == ["event_auth"])
        let said = run.book.details("auth_chain")
        #expect(said.count { $0.hasSuffix("on which our join rests: fetched from resident.example:8448") } == 2)
        #expect(said.last?.contains("2 were not in the answer; resident.example:8448 gave all when asked") == true)
        #expect(run.book.details("signatures") == ["5 of 5 events have the signatures they need, of 1 server"])
    }

    @Test(arguments: versions)
    func `what no chain has is asked for by its id`(version: RoomVersion) async throws {
        let levels = JSON.object(room(version).state[2].event)
        let run = try await join(version, lacking: [2], event: levels)
        #expect(run.failure == nil)
        #expect(asked(run) == ["event_auth", "event"])
        #expect(run.book.results("signatures") == [.pass])
    }

    @Test func `what others rest on that the join does not is not asked for`() async throws {
        let neighbour = FakeServer("neighbour.example:8448")
        let run = try await join(lacking: [4]) { resident in
            let user = neighbour.user("bob")
            for membership: JSON in ["join", "leave"] {
                resident.room.add(
                    "m.room.member", user.text, ["membership": membership], sender: user, signer: neighbour)
            }
            resident.publishers.append(neighbour)
        }
        #expect(run.failure == nil)
        #expect(asked(run) == [])
        #expect(run.book.details("auth_chain").last?.hasPrefix("the auth chain is not complete: 1 event is") == true)
    }

    @Test func `where nothing is missing nobody is asked`() async throws {
        let run = try await join(lacking: [])
        #expect(asked(run) == [])
        #expect(run.book.results("auth_chain") == [])
    }

    /// The chain that is given has a second create event in it; from version 12 on that is of another room.
    @Test(arguments: versions)
    func `a second create event does not get in`(version: RoomVersion) async throws {
        let room = room(version)
        let run = try await join(
            version, lacking: [2], chain: events(room).appending(.object(room.secondCreate)))
        #expect(run.failure == nil)
        #expect(run.book.details("signatures") == ["5 of 5 events have the signatures they need, of 1 server"])
        #expect(run.book.details("create_event").count == (version.namesRoomsByHash ? 1 : 2), "it is said, too")
    }

    /// Events that are given for the power levels, and are not taken.
    static let wrong: [(String, @Sendable (RoomBuilder) -> JSON)] = [
        ("another event", { .object($0.state[3].event) }),
        (
            "one of another room",
            { room in
                var event = room.state[2].event
                event["room_id"] = "!other:resident.example:8448"
                return .object(event)
            }
        ),
        ("no event", { _ in ["type": "m.room.power_levels"] }), ("no object", { _ in [] }), ("null", { _ in .null }),
    ]

    @Test(arguments: wrong.indices)
    func `what is not the event that was asked for is not taken`(index: Int) async throws {
        let room = room()
        let given = Self.wrong[index].1(room)
        let run = try await join(lacking: [2], chain: [given], event: given)
        #expect(run.failure?.exit == 99)
        #expect(run.failure?.message == "the answer lacks \(room.state[2].id), which authorises our join")
        #expect(run.book.details("auth_chain").contains { $0.contains("gave 0 when asked") })
    }

    @Test func `what is fetched has to be signed`() async throws {
        var room = room()
        let levels = room.state[2].id
        room.tamper(with: levels) { $0["signatures"] = [:] }
        let run = try await join(lacking: [2], chain: events(room))
        #expect(run.failure?.message == "\(levels), which decides our join: not signed by resident.example:8448")
    }

    @Test func `at most twenty events are asked for by their ids`() async throws {
        let run = try await join(lacking: []) { resident in
            for part in 0..<6 {
                let absent = (0..<5).map { byte in
                    JSON.string(
                        EventID(hash: EventKey([UInt8](repeating: UInt8(part * 5 + byte), count: 32)), urlSafe: true)
                            .text)
                }
                resident.room.add("m.room.power_levels", "", ["users": [:]]) { event in
                    event["auth_events"] = .array((event["auth_events"]?.array ?? []) + absent)
                }
            }
            resident.template = resident.room.template(for: FakeResident.user)
        }
        #expect(asked(run) == ["event_auth"] + [String](repeating: "event", count: 20))
    }
}

extension Request {
    /// The part of the path behind the version of the interface.
    fileprivate var kind: String { path.split(separator: "/").dropFirst(3).first.map(String.init) ?? "" }
}
