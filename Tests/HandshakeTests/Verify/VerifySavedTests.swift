import Federation
import Foundation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Answers out of files.
@Suite struct VerifySavedTests {
    private let book = JournalBook()

    private static let keys: [ServerKeys] = [FakeResident.resident, FakeResident.joiner].compactMap {
        try? ServerKeys($0.keyDocument, of: $0.name)
    }

    /// A room of `version` before our join, and our join.
    private struct Saved {
        let room: RoomBuilder
        let join: JSON.Object
        var answer: JSON { .object(room.answer(to: join)) }

        init(_ version: RoomVersion) throws {
            room = RoomBuilder(version, FakeResident.resident)
            var joined = room
            let user = FakeResident.user
            joined.add(
                "m.room.member", user.text, ["membership": "join"], sender: user, signer: FakeResident.joiner)
            join = try #require(joined.state.last).event
        }
    }

    private func verify(
        _ file: BlobFile, _ event: JSON.Object? = nil, _ version: RoomVersion? = nil,
        _ transport: FakeTransport = FakeTransport { _ throws(TransportError) in throw .fake(.connect) },
        _ change: (inout Network) -> Void = { $0.keys.isOffline = true }
    ) async -> Failure? {
        var network = Network(
            identity: FakeResident.joiner.identity, transport: transport, journal: book.journal, resolver: .anywhere)
        network.keys.given = Self.keys
        change(&network)
        do throws(Failure) {
            try await VerifySaved(
                file, event: event, version: version, resident: FakeResident.resident.name, network, book.journal
            ).run()
            return nil
        } catch {
            return error
        }
    }

    private func verify(
        _ text: [UInt8], _ event: JSON.Object? = nil, _ version: RoomVersion? = nil
    ) async throws -> Failure? {
        let file = TemporaryFile(text)
        return await verify(try BlobFile(file.path, limit: 8 << 20), event, version)
    }

    @Test(arguments: RoomVersion.all)
    func `the version is the one that is given, or else the create event's`(version: RoomVersion) async throws {
        let saved = try Saved(version)
        #expect(try await verify(saved.answer.compact, saved.join, version) == nil)
        #expect(book.results("room_version") == [])
        #expect(try await verify(saved.answer.compact) == nil)
        #expect(book.results("room_version") == [.skip])
        #expect(book.details("room_version").first?.hasPrefix("room version \(version.id), as the create") == true)
        #expect(book.journal.facts.roomVersion == version)
        #expect(book.journal.facts.verified == true)
    }

    @Test(arguments: [RoomVersion.v1, .v6, .v12])
    func `a join that is not as it was signed is refused, also where the answer has it whole`(
        version: RoomVersion
    ) async throws {
        let saved = try Saved(version)
        var edited = saved.join
        edited["content"] = ["membership": "join", "displayname": "x"]
        for answer in [saved.answer, .object((saved.answer.object ?? [:]).filter { $0 != "event" })] {
            #expect(try await verify(answer.compact, saved.join) == nil)
            let failure = try await verify(answer.compact, edited)
            #expect(failure?.message.contains("has another content than was hashed") == true)
        }
    }

    @Test func `without our event the checks of the join are left out`() async throws {
        let saved = try Saved(.v11)
        #expect(try await verify(saved.answer.compact, nil, .v11) == nil)
        #expect(book.results("join") == [.skip])
        #expect(book.results("join_allowed") == [])
        #expect(try await verify(saved.answer.compact, saved.join) == nil)
        #expect(book.results("join_allowed") == [.pass, .pass])
    }

    @Test func `a version that is not the create event's is refused`() async throws {
        let saved = try Saved(.v10)
        let failure = try await verify(saved.answer.compact, nil, .v11)
        #expect(failure?.message == "the create event is of room version \"10\", where 11 was due")
        #expect(failure?.exit == 99)
    }

    static let creates: [(JSON.Object, String)] = [
        (["room_version": "99"], "the room is of version \"99\", which is not known here: 1 to 12 are"),
        (["room_version": 11], "the room is of version \"\", which is not known here: 1 to 12 are"),
    ]

    @Test(arguments: creates)
    func `a create event of no version that is known is refused`(content: JSON.Object, words: String) async throws {
        var room = try Saved(.v11).room
        room.tamper(with: room.create) { $0["content"] = .object(content) }
        #expect(try await verify(JSON.object(room.answer(to: [:])).compact)?.message == words)
    }

    @Test(arguments: [nil, RoomVersion.v6])
    func `the pair of version 1 of the interface is taken, too`(version: RoomVersion?) async throws {
        let saved = try Saved(.v6)
        let pair = JSON.array([200, saved.answer]).compact
        #expect(try await verify(pair, saved.join, version) == nil)
        let blanks = [UInt8](repeating: 0x20, count: 600_000)
        #expect(try await verify(blanks + pair, saved.join, version) == nil, "behind much white space")
        #expect(try await verify(blanks + saved.answer.compact + blanks, saved.join, version) == nil)
    }

    @Test(arguments: [nil, RoomVersion.v11], [false, true])
    func `a file that was cut off is no answer`(version: RoomVersion?, isPair: Bool) async throws {
        let saved = try Saved(.v11)
        let whole = (isPair ? JSON.array([200, saved.answer]) : saved.answer).compact
        for length in [0, 1, 9, 100, whole.count / 2, whole.count - 1] {
            let failure = try await verify(Array(whole.prefix(length)), saved.join, version)
            #expect(failure?.exit == 95, "\(length)")
            #expect(failure?.message.hasPrefix("it is no answer to send_join: ") == true, "\(failure?.message ?? "")")
        }
    }

    @Test(arguments: [nil, RoomVersion.v11])
    func `a file that shrinks or grows after it was opened is no trap`(version: RoomVersion?) async throws {
        let saved = try Saved(.v11)
        let whole = saved.answer.compact
        let shrinking = TemporaryFile(whole)
        let opened = try BlobFile(shrinking.path, limit: whole.count)
        try truncate(shrinking, whole.count / 2)
        #expect(await verify(opened, saved.join, version)?.exit == 95)
        let growing = TemporaryFile(whole)
        let grown = try BlobFile(growing.path, limit: whole.count + 10)
        try truncate(growing, whole.count + 1000)
        let failure = await verify(grown, saved.join, version)
        #expect(failure?.exit == 95)
        #expect(failure?.message.contains("more than \(whole.count + 10) bytes") == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [nil, RoomVersion.v11])
    func `a large file is read where it lies, and is no answer once it was changed`(version: RoomVersion?) async throws
    {
        let saved = try Saved(.v11)
        let whole = [UInt8](repeating: 0x20, count: 1 << 20) + saved.answer.compact
        let pair = Array("[200,".utf8) + whole + Array("]".utf8)
        for answer in [whole, pair] {
            let file = TemporaryFile(answer)
            #expect(await verify(try BlobFile(file.path, limit: 8 << 20), saved.join, version) == nil)
            for size in [10, 1 << 20, answer.count - 20, answer.count + 1] {
                let changed = TemporaryFile(answer)
                let opened = try BlobFile(changed.path, limit: 8 << 20)
                try truncate(changed, size)
                let failure = await verify(opened, saved.join, version)
                #expect(failure?.exit == 95)
                let words = "the answer cannot be read: \(changed.path): was changed while it was read"
                #expect(failure?.message == words)
            }
        }
    }

    private func truncate(_ file: TemporaryFile, _ size: Int) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: file.path))
        try handle.truncate(atOffset: UInt64(size))
        try handle.close()
    }

    @Test func `nobody is asked for anything but keys, and offline for nothing`() async throws {
        var room = try Saved(.v11).room
        room.remove(room.state[1].id)
        let file = TemporaryFile(JSON.object(room.answer(to: [:])).compact)
        let transport = FakeResident().transport()
        let failure = await verify(try BlobFile(file.path, limit: 1 << 20), nil, nil, transport) { $0.keys.given = [] }
        #expect(failure == nil)
        #expect(book.results("auth_chain") == [.warn, .warn], "what is missing is told, and not asked for")
        #expect(Set(transport.asked) == ["GET /_matrix/key/v2/server"])
        let offline = FakeResident().transport()
        _ = await verify(try BlobFile(file.path, limit: 1 << 20), nil, nil, offline)
        #expect(offline.asked == [])
    }

    @Test func `keys that only the resident vouched for are no better for having been saved`() async throws {
        let file = TemporaryFile(JSON.object(try Saved(.v11).room.answer(to: [:])).compact)
        let failure = await verify(try BlobFile(file.path, limit: 1 << 20)) {
            $0.keys.isOffline = true
            $0.keys.given = []
            $0.keys.vouched = Self.keys
        }
        #expect(failure == nil)
        #expect(book.results("signatures") == [.pass])
        #expect(book.results("resident_keys") == [.warn])
    }

    @Test func `strictly a warning fails it`() async throws {
        var room = try Saved(.v11).room
        room.add("m.room.topic", "", ["topic": "unsigned"]) { $0["x"] = 1 }
        let topic = try #require(room.state.last).id
        room.tamper(with: topic) { $0["signatures"] = [:] }
        let file = TemporaryFile(JSON.object(room.answer(to: [:])).compact)
        #expect(await verify(try BlobFile(file.path, limit: 1 << 20)) == nil)
        let failure = await verify(try BlobFile(file.path, limit: 1 << 20)) {
            $0.keys.isOffline = true
            $0.isStrict = true
        }
        #expect(failure?.message.hasSuffix("which --strict does not pass over") == true)
        #expect(book.journal.facts.verified == false)
    }
}
