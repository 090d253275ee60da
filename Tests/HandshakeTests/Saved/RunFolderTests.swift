import Federation
import Foundation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What a run leaves in the folder of --save, and when.
@Suite struct RunFolderTests {
    private let home: TemporaryFolder
    private let folder: RunFolder
    private var path: String { "\(home.path)/a run" }

    init() throws {
        home = try TemporaryFolder()
        folder = try RunFolder("\(home.path)/a run")
    }

    private func join(
        _ version: RoomVersion = .v11, stopAfter: Stage? = nil,
        _ override: @escaping FakeResident.Override = { _ in nil }
    ) async throws -> Harness.Run {
        var harness = try Harness(version)
        harness.request.stopAfter = stopAfter
        let transport = harness.resident.transport(override)
        var network = harness.network(transport)
        network.folder = folder
        let handshake = Handshake(harness.request, network: network, journal: harness.book.journal)
        let ended = await end { () throws(End) in try await handshake.join() }
        folder.finish(harness.book.journal)
        return Harness.Run(end: ended, transport: transport, book: harness.book)
    }

    private func names() throws -> [String] {
        let found = try FileManager.default.subpathsOfDirectory(atPath: path)
        return found.filter { $0 != "keys" }.sorted()
    }

    private func json(_ name: String) throws -> JSON {
        try JSON(parsing: try SystemFile.readAll("\(path)/\(name)", limit: 1 << 20))
    }

    /// Puts a file in the way of one that is to be made.
    private func block(_ name: String) throws { try Data().write(to: URL(filePath: "\(path)/\(name)")) }

    @Test func `keys that only the resident vouches for are kept apart`() throws {
        let (server, book) = (FakeServer("n.example:1"), JournalBook())
        let keys = try ServerKeys(server.keyDocument, of: server.name)
        for _ in 0..<2 { folder.keep(keys, isVouched: true) }
        folder.finish(book.journal)
        let file = try json("keys/n.example:1.json")
        #expect(file == ["resident_keys": [server.keyDocument]])
        #expect(try ServerKeyFile(file.compact)?.isVouched(0) == true)
    }

    @Test(arguments: HandshakeTests.versions)
    func `a join leaves all that a repetition wants`(version: RoomVersion) async throws {
        let run = try await join(version)
        #expect(run.failure == nil)
        #expect(folder.fault == nil)
        let resident = FakeResident.resident.name
        #expect(
            try names()
                == [
                    "directory.json", "event.json", "keys/\(FakeResident.joiner.name).json", "keys/\(resident).json",
                    "make_join.json", "run.ndjson", "send_join.json",
                ].sorted())
        let event = try #require(run.transport.puts.first?.json)
        let file = try EventFile(parsing: try json("event.json"))
        #expect(.object(file.event) == event)
        #expect(file.version == version)
        #expect(file.resident == resident)
        #expect(try json("make_join.json")["resident"] == .string(resident.text))
        #expect(try json("send_join.json")["event"] == event)
        #expect(try json("directory.json")["room_id"] == .string(try #require(run.facts.roomID).text))
        let keys = try #require(try json("keys/\(FakeResident.joiner.name).json")["server_keys"]?.array)
        #expect(try ServerKeys(keys[0], of: FakeResident.joiner.name).keys.count == 1)
    }

    @Test func `the event is there before the first byte of it goes out`() async throws {
        let path = path
        let seen = Locked<[JSON?]>([])
        _ = try await join { request in
            if request.method == .put {
                let bytes = try? SystemFile.readAll("\(path)/event.json", limit: 1 << 20)
                let kept = bytes.flatMap { try? JSON(parsing: $0) }?["event"]
                seen.withLock { $0.append(kept == request.json ? kept : nil) }
            }
            return nil
        }
        #expect(seen.withLock { $0.count } == 1)
        #expect(seen.withLock { $0.first ?? nil } != nil)
    }

    @Test func `an event that cannot be kept is not sent`() async throws {
        try block("event.json")
        let run = try await join()
        let failure = try #require(run.failure)
        #expect(failure.exit == 74)
        #expect(failure.stage == .sign)
        #expect(failure.side == .ours)
        #expect(failure.message.contains("event.json: file exists"))
        #expect(run.transport.puts.isEmpty)
        #expect(run.facts.sent == false)
    }

    @Test(arguments: ["directory.json", "make_join.json", "send_join.json", "keys"])
    func `what else cannot be kept is told, and the join goes on`(name: String) async throws {
        try block(name)
        let run = try await join()
        #expect(run.failure == nil)
        #expect(run.facts.joined == true)
        #expect(run.facts.verified == true)
        let fault = try #require(folder.fault?.failure)
        #expect(fault.exit == 74)
        #expect(fault.message.contains("\(path)/\(name)"))
        #expect(run.book.results("save") == [.fail])
    }

    @Test func `a join of which no answer came is to be sent again`() async throws {
        let isSent = Locked(false)
        let run = try await join { request throws(TransportError) in
            guard request.path.contains("/send_join/") else {
                // Nor does it say what became of it.
                return isSent.withLock { $0 } ? .error(503, "M_UNKNOWN") : nil
            }
            isSent.withLock { $0 = true }
            throw .fake(.timeout, bytesSent: true)
        }
        #expect(run.failure?.exit == 84)
        #expect(run.failure?.hints.last?.text.hasSuffix("fedjoin send-join '\(path)/event.json'") == true)
        #expect(run.failure?.hints.count == 3)
    }

    @Test func `an answer that is none is kept as it came`() async throws {
        let run = try await join { request in
            request.path.contains("/send_join/") ? .text("<h1>hello</h1>") : nil
        }
        #expect(run.failure?.exit == 85)
        #expect(try SystemFile.readAll("\(path)/send_join.json", limit: 100) == Array("<h1>hello</h1>".utf8))
    }

    @Test func `a dry run has what there is until then`() async throws {
        _ = try await join(stopAfter: .sign)
        #expect(try names() == ["directory.json", "event.json", "make_join.json", "run.ndjson"])
    }

    @Test func `a leave has files of its own`() async throws {
        let harness = try Harness()
        var network = harness.network(harness.resident.transport())
        network.folder = folder
        let handshake = Handshake(harness.request, network: network, journal: harness.book.journal)
        try await handshake.leave(harness.resident.room.roomID, via: [FakeResident.resident.name])
        #expect(try names() == ["leave_event.json", "make_leave.json", "run.ndjson"])
        #expect(try json("leave_event.json")["event"]?["content"] == ["membership": "leave"])
    }

    @Test func `a knock leaves its event and what it was answered`() async throws {
        let harness = try Harness()
        var network = harness.network(harness.resident.transport())
        network.folder = folder
        let handshake = Handshake(harness.request, network: network, journal: harness.book.journal)
        try await handshake.knock()
        #expect(
            try names() == ["directory.json", "event.json", "make_knock.json", "run.ndjson", "send_knock.json"])
        #expect(try json("event.json")["event"]?["content"] == ["membership": "knock"])
        #expect(try json("send_knock.json")["knock_room_state"]?.array?.isEmpty == false)
    }

    @Test func `its owner alone can read it`() async throws {
        _ = try await join()
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) + ["."] {
            let facts = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
            let mode = facts[.posixPermissions] as? Int
            let isFolder = facts[.type] as? FileAttributeType == .typeDirectory
            #expect(mode == (isFolder ? 0o700 : 0o600), "\(name)")
        }
    }

    @Test func `a folder with something in it is not touched`() throws {
        #expect(throws: SystemFile.Failure.self) { try RunFolder(path) }
        let other = "\(home.path)/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try Data().write(to: URL(filePath: "\(other)/.hidden"))
        #expect(throws: SystemFile.Failure.self) { try RunFolder(other) }
    }

    @Test func `an empty folder is taken`() throws {
        let other = "\(home.path)/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        _ = try RunFolder(other)
    }

    @Test func `the file of a long name has a name that files can have`() throws {
        let long = String(repeating: "a", count: 220)
        let names = ["b.example", "c.example"].map { RunFolder.fileName(.named(Text("\(long).\($0)"))) }
        #expect(names[0] != names[1])
        #expect(names.allSatisfy { $0.utf8.count < 200 && !$0.contains("/") })
        #expect(RunFolder.fileName(.named("[::1]:8448")) == "[::1]:8448")
    }
}
