import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct EventFileTests {
    private static let event: JSON.Object = [
        "type": "m.room.member", "room_id": "!r:a.example", "sender": "@u:b.example",
    ]

    @Test func `reads back what it writes`() throws {
        let written: JSON.Object = [
            "event": .object(Self.event), "event_id": "$id", "room_id": "!r:a.example", "room_version": "11",
            "resident": "a.example",
        ]
        let file = try EventFile(parsing: .object(written))
        #expect(file.object == written)
        #expect(file.version == .v11)
        #expect(file.resident == ServerName("a.example"))
        #expect(try file.subject().room == RoomID("!r:a.example"))
        #expect(try file.subject().user == UserID("@u:b.example"))
    }

    @Test func `takes an event alone, told its version`() throws {
        var file = try EventFile(parsing: .object(Self.event))
        #expect(file.event == Self.event)
        #expect(file.version == nil && file.resident == nil)
        #expect(throws: FileFault.self) { try file.take(nil) }
        try file.take(.v10)
        #expect(file.version == .v10)
    }

    @Test func `an event with an id in it is of version 1 or 2, whichever`() throws {
        var event = Self.event
        event["event_id"] = "$e:b.example"
        var file = try EventFile(parsing: .object(event))
        try file.take(nil)
        #expect(file.version == nil)
    }

    @Test func `a version that is not the file's is refused`() throws {
        var file = try EventFile(parsing: ["event": .object(Self.event), "room_version": "11"])
        #expect(throws: FileFault("it is of room version 11, where --room-version says 10")) { try file.take(.v10) }
    }

    @Test(
        arguments: [
            ([], "it is no join: not an object"), (["event": 1], "its event is not an object"),
            (["event": [:], "room_version": "99"], "its room_version is none that is known here: 1 to 12 are"),
            (["event": [:], "room_version": 11], "its room_version is none that is known here: 1 to 12 are"),
        ] as [(JSON, String)])
    func `says of what is none what it lacks`(value: JSON, words: String) {
        #expect(throws: FileFault(words)) { try EventFile(parsing: value) }
    }

    @Test(arguments: [("room_id", "!"), ("sender", "u:b.example")] as [(Text, Text)])
    func `an event without a room or a sender is of nobody`(key: Text, value: Text) throws {
        var event = Self.event
        event[key] = .string(value)
        let file = try EventFile(parsing: .object(event))
        #expect(throws: FileFault.self) { try file.subject() }
    }

    @Test func `is of whoever signed it, and of nobody else`() throws {
        var room = RoomBuilder(.v11, FakeResident.resident)
        let (user, joiner) = (FakeResident.user, FakeResident.joiner)
        room.add("m.room.member", user.text, ["membership": "join"], sender: user, signer: joiner)
        let event = try #require(room.state.last).event
        func file(_ event: JSON.Object) throws -> EventFile {
            try EventFile(parsing: [
                "event": .object(event), "room_version": "11", "room_id": .string(room.roomID.text),
            ])
        }
        #expect(try file(event).isMade(by: joiner.identity))
        #expect(try !file(event).isMade(by: FakeResident.resident.identity))
        var forged = event
        forged["content"] = ["membership": "leave"]
        #expect(try !file(forged).isMade(by: joiner.identity))
        #expect(try !file(event.filter { $0 != "signatures" }).isMade(by: joiner.identity))
    }

    @Test func `is of whoever signed it where it does not say its version, as in rooms of version 1`() throws {
        var room = RoomBuilder(.v1, FakeResident.resident)
        room.add(
            "m.room.member", FakeResident.user.text, ["membership": "join"], sender: FakeResident.user,
            signer: FakeResident.joiner)
        let file = try EventFile(parsing: ["event": .object(try #require(room.state.last).event)])
        #expect(file.version == nil)
        #expect(file.isMade(by: FakeResident.joiner.identity))
        #expect(!file.isMade(by: FakeResident.resident.identity))
    }

    @Test(arguments: RoomVersion.all)
    func `an event alone is of whoever signed it, whatever version it is of`(version: RoomVersion) throws {
        var room = RoomBuilder(version, FakeResident.resident)
        room.add(
            "m.room.member", FakeResident.user.text, ["membership": "join"], sender: FakeResident.user,
            signer: FakeResident.joiner)
        let file = try EventFile(parsing: .object(try #require(room.state.last).event))
        #expect(file.isMade(by: FakeResident.joiner.identity))
        #expect(!file.isMade(by: FakeResident.resident.identity))
    }
}
