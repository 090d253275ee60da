import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct RoomSummaryTests {
    /// Levels of every form that the version has.
    private static func levels(_ version: RoomVersion) -> JSON.Object {
        var users: JSON.Object = [
            "@creator:resident.example:8448": 100, "@a:resident.example:8448": "60", "@c:resident.example:8448": 50,
        ]
        if version.numbers != .strict { users["@b:resident.example:8448"] = .number("55.9") }
        return ["users": .object(users), "state_default": 50]
    }

    private func powers(_ version: RoomVersion) async throws -> [Int] {
        var resident = FakeResident(version)
        let first = JSON.object(resident.room.state[2].event)
        resident.room.add("m.room.power_levels", "", Self.levels(version))
        resident.template = resident.room.template(for: FakeResident.user)
        resident.answering = { answer in
            var answer = answer
            answer["state"] = .array((answer["state"]?.array ?? []).filter { $0 != first })
            answer["auth_chain"] = .array((answer["auth_chain"]?.array ?? []) + [first])
            return answer
        }
        let room = try await Harness(resident).join().book.rooms.first
        return try #require(room).powers.map(\.level)
    }

    @Test(arguments: [(RoomVersion.v1, [100, 60, 55, 50]), (.v5, [100, 60, 55, 50]), (.v9, [100, 60, 50])])
    func `levels are read as the room version writes them`(version: RoomVersion, levels: [Int]) async throws {
        #expect(try await powers(version) == levels)
    }
}
