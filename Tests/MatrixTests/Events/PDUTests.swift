import Testing

@testable import Matrix

@Suite struct PDUTests {
    static func message(_ version: RoomVersion) -> JSON {
        let event: JSON = [
            "type": "m.room.message", "sender": "@u:a.example", "room_id": .string(Sample.roomID(version).text),
            "content": ["body": "b"], "origin_server_ts": 5, "depth": 7, "prev_events": [Sample.reference(1, version)],
            "auth_events": [Sample.reference(2, version)],
        ]
        return version.choosesEventIDs ? event.with(["event_id"], "$own:a.example") : event
    }

    private func pdu(_ event: JSON, _ version: RoomVersion) throws -> PDU {
        try PDU(try #require(event.object), version)
    }

    @Test(arguments: RoomVersion.all)
    func `reads an event of every version`(version: RoomVersion) throws {
        let pdu = try pdu(Self.message(version), version)
        #expect(pdu.type == "m.room.message")
        #expect(pdu.stateKey == nil)
        #expect(pdu.sender.text == "@u:a.example")
        #expect(pdu.roomID == Sample.roomID(version))
        #expect(pdu.content == ["body": "b"])
        #expect(pdu.timestamp == 5)
        #expect(pdu.prevEvents.map(\.text) == [Sample.eventID(1, version)])
        #expect(pdu.authEvents.map(\.text) == [Sample.eventID(2, version)])
        #expect(pdu.id == (try EventHashes.id(pdu.object, version)))
        #expect(version.admits(pdu.id))
        #expect(!pdu.isCreate)
    }

    static let faults: [(Text, JSON?)] = [
        ("type", nil), ("type", 1), ("type", .string(Text(String(repeating: "t", count: 256)))), ("state_key", .null),
        ("state_key", 1), ("state_key", .string(Text(String(repeating: "s", count: 256)))), ("sender", nil),
        ("sender", "u"),
        ("sender", "@u"), ("sender", "@u:a b"), ("room_id", nil), ("room_id", "room"), ("room_id", "!room:a b"),
        ("room_id", 1),
        ("content", nil), ("content", []), ("content", "x"), ("origin_server_ts", nil), ("origin_server_ts", "5"),
        ("origin_server_ts", .number("5.5")), ("depth", nil), ("depth", -1), ("depth", .number("7.0")), ("depth", "7"),
        ("prev_events", nil), ("prev_events", [:]), ("prev_events", ["x"]), ("auth_events", nil), ("auth_events", [1]),
    ]
    @Test(arguments: faults)
    func `drops an event that lacks or falsifies`(key: Text, value: JSON?) {
        for version in [RoomVersion.v1, .v5, .v11, .v12] {
            let failure = #expect(throws: PDU.Failure.self) {
                try pdu(Self.message(version).with([key], value), version)
            }
            if case .number? = value { continue }
            #expect(failure?.description.hasPrefix(key.string) == true)
        }
    }

    @Test(arguments: ["own:a.example", "$own", "$", "", "$own:a b", 1, .null, nil] as [JSON?])
    func `in versions 1 and 2 an event says an id with a server's name`(id: JSON?) {
        for version in [RoomVersion.v1, .v2] {
            let event = Self.message(version).with(["event_id"], id)
            let failure = #expect(throws: PDU.Failure.self) { try pdu(event, version) }
            #expect(failure?.description == "event_id is missing or of wrong form")
        }
    }

    @Test func `an event has 65536 bytes at most, unsigned left out`() throws {
        for version in [RoomVersion.v1, .v12] {
            let path: [Text] = ["content", "body"]
            let empty = try CanonicalJSON(Self.message(version).with(path, ""), numbers: version.numbers).bytes.count
            func filled(_ size: Int) -> JSON {
                Self.message(version).with(path, .string(Text(String(repeating: "a", count: size - empty))))
            }
            #expect(throws: Never.self) { try pdu(filled(65_536), version) }
            #expect(throws: Never.self) { try pdu(filled(65_536).with(["unsigned"], ["a": 1]), version) }
            let failure = #expect(throws: PDU.Failure.self) { try pdu(filled(65_537), version) }
            #expect(failure?.description == "it has 65537 bytes, more than 65536")
        }
    }

    @Test func `numbers that are no canonical integers are dropped from version 6 on`() {
        for number in ["1.5", "1.0", "1e3", "-0", "9007199254740992", "-9223372036854775809"] {
            for version in RoomVersion.all {
                let event = Self.message(version).with(["content", "n"], try? JSON(reading: number))
                if version.numbers == .lenient {
                    #expect(throws: Never.self) { try pdu(event, version) }
                } else {
                    #expect(throws: PDU.Failure.self) { try pdu(event, version) }
                }
            }
        }
    }

    @Test func `a state event has a state key, even an empty one`() throws {
        let pdu = try pdu(Self.message(.v11).with(["state_key"], ""), .v11)
        #expect(pdu.stateKey == "")
    }

    @Test func `version 12's create event makes the room's id`() throws {
        let create = Self.message(.v12).with(["type"], "m.room.create").with(["state_key"], "").with(["room_id"], nil)
            .with(["auth_events"], []).with(["prev_events"], [])
        let pdu = try pdu(create, .v12)
        #expect(pdu.isCreate)
        #expect(pdu.roomID.text.string == "!" + pdu.id.text.string.dropFirst())
        #expect(throws: PDU.Failure.self) { try self.pdu(create.with(["room_id"], "!x"), .v12) }
        #expect(throws: PDU.Failure.self) { try self.pdu(create, .v11) }
        #expect(try self.pdu(create.with(["room_id"], "!x:a"), .v11).roomID.text == "!x:a")
    }

    @Test func `the specification's room id of version 12 is the create event's`() throws {
        let id = try #require(EventID("$Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ"))
        #expect(RoomID(hashOf: id) == RoomID("!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ"))
        #expect(
            try RoomID(hashOf: #require(EventID("$\u{301}x")))?.text == "!\u{301}x",
            "one byte goes, not a Character"
        )
    }
}
