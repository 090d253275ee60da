import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What is said of each event to those who ask for more.
@Suite struct EventReasonsTests {
    private static let resident = FakeResident.resident
    private static let neighbour = FakeServer("neighbour.example")

    /// The line of the last event of a room with these keys.
    private func line(_ room: RoomBuilder, _ keys: KeyTable = KeyTable()) throws -> String {
        let book = JournalBook()
        var read = try ReadRoom(room)
        let place = read.events.count - 1
        let fault = SignatureFault(server: Self.neighbour.name, verdict: .missing)
        if keys.entries.isEmpty { read.events.update(place, .bad(fault), isSignedByAuthoriser: false) }
        EventReasons(
            events: read.events, body: read.body, version: room.version, keys: keys, journal: book.journal
        ).tell()
        #expect(book.details("event").count == room.state.count, "one line an event")
        let last = try #require(book.checks.last)
        #expect(last.subject == room.state.last?.id.text)
        return last.detail
    }

    private func room(_ change: (inout JSON.Object) -> Void = { _ in }) -> RoomBuilder {
        var room = RoomBuilder(.v11, Self.resident)
        let topic = room.add("m.room.topic", "", ["topic": "hello"])
        room.tamper(with: topic, change)
        return room
    }

    private static func keys(_ validity: KnownKey.Validity, _ source: KeyTable.Source) -> KeyTable {
        var table = KeyTable()
        table.add(
            [resident.keyID: KnownKey(key: resident.publicKey, validity: validity)], of: resident.name, from: source)
        return table
    }

    static let sources: [(KnownKey.Validity, KeyTable.Source, String)] = [
        (.until(1_700_000_000_000), .server, "valid until 2023-11-14T22:13:20.000Z, from itself"),
        (.expired(1_700_000_000_000), .file, "expired 2023-11-14T22:13:20.000Z, from a file"),
        (.until(0), .notary, "valid until 1970-01-01T00:00:00.000Z, from a notary"),
        (.until(0), .resident, "valid until 1970-01-01T00:00:00.000Z, from the resident"),
        (.until(0), .local, "valid until 1970-01-01T00:00:00.000Z, from our key file"),
    ]

    @Test(arguments: sources.indices)
    func `the key is named with its validity and its source`(index: Int) throws {
        let (validity, source, words) = Self.sources[index]
        let line = try line(room(), Self.keys(validity, source))
        #expect(line.hasSuffix(": ed25519:k0 of resident.example:8448, \(words)"), "\(line)")
    }

    @Test func `of a key that another one had than the server's others that one is named`() throws {
        let other = FakeServer(Self.resident.name.text, generation: 1)
        var keys = Self.keys(.until(0), .server)
        keys.add(
            [other.keyID: KnownKey(key: other.publicKey, validity: .until(0))], of: other.name, from: .resident)
        let room = room { $0 = other.countersigned($0, .v11) }
        let line = try line(room, keys)
        #expect(
            line.contains("ed25519:k0 of resident.example:8448, valid until 1970-01-01T00:00:00.000Z, from itself,"))
        #expect(
            line.hasSuffix(
                "ed25519:k1 of resident.example:8448, valid until 1970-01-01T00:00:00.000Z, from the resident"))
    }

    static let hashes: [(String, @Sendable (inout JSON.Object) -> Void)] = [
        ("content hash matches", { _ in }), ("content redacted since", { $0["content"] = [:] }),
        ("content hash differs", { $0["content"] = ["topic": "goodbye"] }),
    ]

    @Test(arguments: hashes.indices)
    func `so is what became of its content, and of its signatures`(index: Int) throws {
        let (words, change) = Self.hashes[index]
        let line = try line(room(change))
        let signer = "ed25519:k0 of resident.example:8448, not known"
        #expect(
            line.hasSuffix(
                "m.room.topic of @creator:resident.example:8448: \(words), signatures not signed by "
                    + "neighbour.example: \(signer)"), "\(line)")
    }
}
