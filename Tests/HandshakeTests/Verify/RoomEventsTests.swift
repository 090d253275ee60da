import Federation
import TestSupport
import Testing

@testable import Handshake
@testable import Matrix

@Suite struct RoomEventsTests {
    /// An event of `version` that names others, as it is read.
    private func read(
        _ name: String, naming names: [String] = [], _ version: RoomVersion
    ) throws -> ReadEvent {
        let named = names.map { name -> JSON in
            version.choosesEventIDs ? [.string(Text(name)), [:]] : .string(Text(name))
        }
        var event: JSON = [
            "type": "m.room.message", "sender": "@u:a.example", "content": [:], "origin_server_ts": 1, "depth": 1,
            "room_id": "!r:a", "prev_events": [], "auth_events": .array(named), "state_key": .string(Text(name)),
        ]
        if version.choosesEventIDs { event = event.changing("event_id", to: .string(Text("$\(name):a"))) }
        let body = Blob(event.compact)
        var checker = EventChecker(version, room: nil, keys: KeyTable(), now: 0)
        return try checker.read(0..<body.count, of: body).get()
    }

    /// An id that is no event's here.
    private static func absent(_ version: RoomVersion, _ byte: UInt8 = 7) -> String {
        if version.choosesEventIDs { return "$absent\(byte):x.example" }
        return EventID(hash: EventKey([UInt8](repeating: byte, count: 32)), urlSafe: version.eventIDs == .urlSafeHash)
            .description
    }

    /// What is named and not there, and by how many.
    private func missing(_ events: RoomEvents) -> [(id: EventID, count: Int)] {
        events.missing.enumerated().filter { $0.element > 0 }.map { (events.id(Int32($0.offset)), Int($0.element)) }
    }

    private func text(_ ids: [EventID]) -> [String] { ids.map(\.description) }

    @Test(arguments: RoomVersion.all)
    func `has each event once, by its id`(version: RoomVersion) throws {
        var events = RoomEvents(version)
        let (first, second) = (try read("a", version), try read("b", version))
        let isNew = [first, second, first].map { events.add($0, isOfState: $0.key == first.key) }
        #expect(isNew == [true, true, false])
        #expect(events.count == 2)
        #expect(events.place(first.event.id) == 0)
        #expect(events[second.event.id]?.isOfState == false)
        #expect(events[first.event.id]?.isOfState == true)
        #expect(events.place(try #require(EventID(Text(Self.absent(version))))) == nil)
    }

    @Test func `tells the events of other rooms, and the servers of some events`() throws {
        var events = RoomEvents(.v11)
        for (i, (sender, room)) in [("@u:a", "!r:a"), ("@u:b", "!r:a"), ("@v:a", "!s:a"), ("@u:c", "!t:a")].enumerated()
        {
            let event: JSON = [
                "type": "m.room.message", "sender": .string(Text(sender)), "content": [:], "origin_server_ts": 1,
                "depth": .integer(i), "room_id": .string(Text(room)), "prev_events": [], "auth_events": [],
            ]
            let body = Blob(event.compact)
            var checker = EventChecker(.v11, room: nil, keys: KeyTable(), now: 0)
            events.add(try checker.read(0..<body.count, of: body).get(), isOfState: true)
            #expect(events.places(outside: try #require(RoomID("!r:a"))) == [[], [], [2], [2, 3]][i])
        }
        #expect(events.servers().map(\.description).sorted() == ["a", "b", "c"])
        #expect(events.servers { $0 == 1 || $0 == 2 }.map(\.description).sorted() == ["a", "b"])
        #expect(events.places(outside: try #require(RoomID("!u:a"))) == [0, 1, 2, 3])
        events.remove([2, 3])
        #expect(events.count == 2)
        #expect(events.places(outside: try #require(RoomID("!r:a"))) == [])
    }

    @Test(arguments: RoomVersion.all)
    func `knows what is named by its id, be it there or not`(version: RoomVersion) throws {
        var events = RoomEvents(version)
        let first = try read("a", version)
        let named = [Self.absent(version, 1), first.event.id.description, Self.absent(version, 2)]
        let second = try read("b", naming: named + [Self.absent(version, 1)], version)
        events.add(second, isOfState: true)
        #expect(text(events.authEvents(of: 0).map { events.id($0) }) == named + [Self.absent(version, 1)])
        #expect(missing(events).map(\.id.description) == named)
        #expect(missing(events).map(\.count) == [2, 1, 1])
        events.add(first, isOfState: true)
        #expect(missing(events).map(\.id.description) == [named[0], named[2]])
        #expect(events.authEvents(of: 0).dropFirst().first.flatMap { events.place($0) } == 1)
    }

    @Test(arguments: [RoomVersion.v3, .v4, .v12])
    func `names what is missing as it was named, the bits of its last digit as well`(version: RoomVersion) throws {
        var events = RoomEvents(version)
        let real = try read("a", version)
        events.add(real, isOfState: true)
        let digits = real.event.id.text.bytes
        let values = Base64.values(urlSafe: version.eventIDs == .urlSafeHash)
        let last = values[Int(digits[43])]
        let stray = try (1...3).map { bits in
            let digit = try #require((0..<256).first { values[$0] == last | UInt8(bits) })
            return String(decoding: digits.dropLast() + [UInt8(digit)], as: UTF8.self)
        }
        let user = try read("b", naming: stray + [real.event.id.description], version)
        events.add(user, isOfState: true)
        #expect(text(events.authEvents(of: 1).map { events.id($0) }) == stray + [real.event.id.description])
        #expect(missing(events).map(\.id.description) == stray)
    }

    @Test(arguments: [RoomVersion.v3, .v4, .v12])
    func `takes an id with an escape in it for the one that it is`(version: RoomVersion) throws {
        var events = RoomEvents(version)
        let real = try read("a", version)
        let plain = "\"\(real.event.id)\""
        var event: JSON = ["type": "x", "sender": "@u:a", "content": [:], "origin_server_ts": 1, "depth": 1]
        event = event.changing("room_id", to: "!r:a").changing("prev_events", to: [])
            .changing("auth_events", to: [.string(real.event.id.text)])
        let escaped = String(decoding: event.compact, as: UTF8.self).replacing(
            plain, with: "\"\\u0024\(plain.dropFirst(2))")
        let blob = Blob(Array(escaped.utf8))
        var checker = EventChecker(version, room: nil, keys: KeyTable(), now: 0)
        let read = try checker.read(0..<blob.count, of: blob).get()
        #expect(read.authEvents == [real.key])
        events.add(real, isOfState: true)
        events.add(read, isOfState: true)
        #expect(missing(events).isEmpty)
    }

    @Test(arguments: [RoomVersion.v1, .v11, .v12])
    func `what is taken away is missing then, and can come again`(version: RoomVersion) throws {
        var events = RoomEvents(version)
        let reads = try ["a", "b", "c", "d"].map { try read($0, version) }
        let user = try read("user", naming: reads.map { $0.event.id.description }, version)
        for read in reads + [user] { events.add(read, isOfState: true) }
        #expect(missing(events).isEmpty)
        let gone = [reads[0].event.id, reads[2].event.id]
        events.remove([0, 2])
        #expect(events.all.map(\.id) == [reads[1], reads[3], user].map(\.event.id), "in their order")
        #expect(missing(events).map(\.id) == gone)
        for (place, event) in events.all.enumerated() { #expect(events.place(event.id) == place) }
        #expect(gone.allSatisfy { events.place($0) == nil })
        let isNew = events.add(reads[0], isOfState: false)
        #expect(isNew)
        #expect(missing(events).map(\.id) == [gone[1]])
        #expect(events.place(gone[0]) == 3)
        events.remove([])
        #expect(events.count == 4)
    }

    @Test func `keeps what was dropped before it was an event`() {
        var events = RoomEvents(.v11)
        events.drop(malformed: "one")
        events.drop(malformed: "another")
        #expect(events.malformed == ["one", "another"])
        #expect(events.count == 0)
    }
}
