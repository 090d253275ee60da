import Testing

@testable import Matrix

@Suite struct StrippedStateTests {
    private static let id = Sample.roomID(.v11)

    private func state(_ list: [JSON], _ version: RoomVersion? = nil) -> StrippedState {
        StrippedState(list, of: Self.id, version, from: Sample.resident)
    }

    private static func stripped(_ type: Text, _ content: JSON.Object, key: Text = "") -> JSON {
        [
            "type": .string(type), "state_key": .string(key), "sender": "@boss:resident.example:8448",
            "content": .object(content),
        ]
    }

    @Test func `keeps stripped events in their order`() {
        let found = state([
            Self.stripped("m.room.create", ["room_version": "10"]), Self.stripped("m.room.name", ["name": "Lab"]),
        ])
        #expect(found.entries.map(\.type) == ["m.room.create", "m.room.name"])
        #expect(found.content("m.room.name")?["name"] == "Lab")
        #expect(found.roomVersion == "10")
        #expect(found.leftOut == 0)
    }

    @Test func `a create event without a version is of version 1, and no create event says nothing`() {
        #expect(state([Self.stripped("m.room.create", [:])]).roomVersion == "1")
        #expect(state([]).roomVersion == nil)
        #expect(state([Self.stripped("m.room.create", [:], key: "x")]).roomVersion == nil)
    }

    static let bad: [JSON] = [
        .null, [], "x", [:], ["type": "m.room.name"],
        ["type": "m.room.name", "state_key": 1, "sender": "@a:b", "content": [:]],
        ["type": "m.room.name", "state_key": "", "sender": "@a:b", "content": []],
        ["type": "m.room.name", "state_key": "", "sender": "@a:b", "content": [:], "room_id": "!other:b"],
        ["type": "m.room.name", "state_key": "", "sender": "@a:b", "content": [:], "room_id": 1],
    ]

    @Test(arguments: bad)
    func `leaves out and counts what is no state of the room`(value: JSON) {
        let found = state([value, Self.stripped("m.room.topic", ["topic": "t"])])
        #expect(found.entries.map(\.type) == ["m.room.topic"])
        #expect(found.leftOut == 1)
    }

    @Test func `keeps a hundred at most`() {
        let found = state(Array(repeating: Self.stripped("m.room.name", [:]), count: 1000))
        #expect(found.entries.count == 100)
        #expect(found.leftOut == 900)
    }

    @Test func `stripped events are not the whole ones that are due`() {
        #expect(
            state([Self.stripped("m.room.create", [:])], .v11).faults == ["not all of it are events of room version 11"]
        )
        #expect(state([], .v11).faults == ["the create event is not among it"])
        #expect(state([Self.stripped("m.room.create", [:])]).faults.isEmpty)
    }
}
