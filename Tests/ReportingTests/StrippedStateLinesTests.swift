import Handshake
import Matrix
import Testing

@testable import Reporting

@Suite struct StrippedStateLinesTests {
    private func state(_ entries: [(Text, JSON.Object)]) -> StrippedState {
        let list = entries.map { type, content -> JSON in
            ["type": .string(type), "state_key": "", "sender": "@boss:a.example", "content": .object(content)]
        }
        return StrippedState(list + [1], of: Sample.roomID, nil, from: Sample.server)
    }

    @Test func `says what there is of the room, and that something was left out`() {
        let lines = StrippedStateLines.lines(
            state([
                ("m.room.create", ["room_version": "10"]), ("m.room.join_rules", ["join_rule": "knock"]),
                ("m.room.name", ["name": "La\u{1B}b"]), ("m.room.canonical_alias", ["alias": "#lab:a.example"]),
                ("m.room.encryption", [:]),
            ]))
        #expect(
            lines == [
                "=== the room, as a.example has it: version 10, made by @boss:a.example, join rule knock, "
                    + "#lab:a.example, encrypted",
                #"===   name: "La\u{1b}b""#, " .. 1 more that it showed were no state of the room",
            ])
    }

    @Test func `of nothing it says so`() {
        #expect(StrippedStateLines.lines(state([])).first == "=== the room, as a.example has it: nothing")
    }

    @Test func `a long name is cut`() {
        let lines = StrippedStateLines.lines(
            state([("m.room.name", ["name": .string(Text(String(repeating: "x", count: 5000)))])]))
        #expect(lines.allSatisfy { $0.count < 310 })
    }

    @Test func `the record has each event`() {
        let object = StrippedStateLines.object(state([("m.room.name", ["name": "Lab"])]))
        #expect(
            object["events"] == [
                ["type": "m.room.name", "state_key": "", "sender": "@boss:a.example", "content": ["name": "Lab"]]
            ])
        #expect(object["left_out"] == 1)
        #expect(object["server"] == "a.example")
    }
}
