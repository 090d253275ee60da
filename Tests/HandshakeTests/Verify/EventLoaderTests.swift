import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Contents that are too large to keep.
@Suite struct EventLoaderTests {
    /// A room with so many large events, whose first one is at place 4.
    private func room(_ count: Int, _ type: Text = "m.room.power_levels") -> RoomBuilder {
        var room = RoomBuilder(.v11, FakeResident.resident)
        for i in 0..<count {
            let filler = JSON.string(Text(String(repeating: "x", count: EventLoader.largest)))
            room.add(type, room.creator.text, ["membership": "join", "number": .integer(i), "filler": filler])
        }
        return room
    }

    private func loader(_ read: ReadRoom, isOneOfMany: Bool = false) -> EventLoader {
        EventLoader(read.events, read.body, .v11, isOneOfMany: isOneOfMany)
    }

    @Test func `are not kept, and read again where they are needed`() throws {
        let read = try ReadRoom(room(1))
        #expect(read.events.all.map(\.isParked) == [false, false, false, false, true])
        #expect(read.events.all[4].event.content["filler"] == nil)
        var loader = loader(read)
        #expect(loader.event(4).content.members.count == 3)
        #expect(loader.event(4).id == read.events.all[4].id)
        #expect(loader.event(1) === read.events.all[1].event, "a small one is there")
    }

    @Test func `what most events name is each one's own where many work at once`() throws {
        let read = try ReadRoom(room(0))
        let kinds = read.events.all.map(\.event.kind)
        #expect(kinds == [.create, .member, .powerLevels, .joinRules])
        var (loader, other, only) = (loader(read, isOneOfMany: true), loader(read, isOneOfMany: true), loader(read))
        for place in [0, 2, 3] {
            let (kept, own) = (read.events.all[place].event, loader.event(place))
            #expect(own !== kept && own === loader.event(place) && own !== other.event(place))
            #expect(only.event(place) === kept)
            #expect(own.id == kept.id && own.content == kept.content && own.sender == kept.sender)
        }
    }

    @Test func `of members what the rules ask of most is kept`() throws {
        let read = try ReadRoom(room(1, "m.room.member"))
        #expect(read.events.all[4].isParked)
        #expect(read.events.all[4].event.membership == .join)
        let topic = try ReadRoom(room(1, "m.room.topic"))
        #expect(!topic.events.all[4].isParked, "no rule looks at it")
    }

    @Test func `are each the right one, however many there are`() throws {
        let read = try ReadRoom(room(40))
        var loader = loader(read)
        for place in [4, 43, 4] + Array(4..<44) + Array((4..<44).reversed()) {
            #expect(loader.event(place).content["number"] == .integer(place - 4))
        }
    }

    @Test func `lie in the answer, or in one of their own`() throws {
        var read = try ReadRoom(room(0))
        let other = Blob(Array(" ".utf8) + JSON.object(room(1).state[4].event).compact)
        read.events.add(try ReadRoom.read(1..<other.count, of: other, .v11), isOfState: false, in: other)
        var loader = loader(read)
        #expect(loader.event(4).content["number"] == 0)
    }

    @Test func `that are not what was hashed count as redacted`() throws {
        var room = room(1, "m.room.join_rules")
        room.tamper(with: room.state[4].id) {
            $0["content"] = .object(($0["content"]?.object ?? [:]).filter { $0 != "number" })
        }
        let read = try ReadRoom(room)
        #expect(read.events.all[4].isParked)
        var loader = loader(read)
        #expect(loader.event(4).content.members.isEmpty)
    }
}
