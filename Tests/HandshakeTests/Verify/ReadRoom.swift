import Federation
import Matrix
import TestSupport

@testable import Handshake

/// A room as its answer to send_join is read, without keys.
struct ReadRoom {
    var events: RoomEvents
    let body: Blob
    let answer: SendJoinAnswer

    init(_ room: RoomBuilder, _ change: (inout JSON.Object) -> Void = { _ in }) throws {
        var object = room.answer(to: [:])
        change(&object)
        body = Blob(JSON.object(object).compact)
        answer = try SendJoinAnswer(cutting: body, isV1: false)
        events = RoomEvents(room.version)
        for range in answer.state { events.add(try Self.read(range, of: body, room.version), isOfState: true) }
        for range in answer.authChain { events.add(try Self.read(range, of: body, room.version), isOfState: false) }
    }

    static func read(_ range: Range<Int>, of body: Blob, _ version: RoomVersion) throws -> ReadEvent {
        var checker = EventChecker(version, room: nil, keys: KeyTable(), now: 0)
        return try checker.read(range, of: body).get()
    }
}
