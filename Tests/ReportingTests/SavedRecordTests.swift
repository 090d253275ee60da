import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake
@testable import Reporting

/// A record that was kept and read back is shown as it was, in every form.
@Suite struct SavedRecordTests {
    private func expectSame(_ records: [Record], answer: Blob? = nil) throws {
        let reader = RecordReader(answer: answer)
        let read = try records.map { record in
            try #require(try reader.record(Array(SavedRecord.line(record).utf8)), "\(SavedRecord.line(record))")
        }
        for (record, kept) in zip(records, read) { #expect(JSONReport.line(kept) == JSONReport.line(record)) }
        #expect(read.map(SavedRecord.line) == records.map(SavedRecord.line))
        for verbosity in 0...3 {
            #expect(text(read, verbosity) == text(records, verbosity))
        }
    }

    private func text(_ records: [Record], _ verbosity: Int) -> [TextReport.Output] {
        var report = TextReport(verbosity: verbosity)
        return records.map { report.render($0) }
    }

    private func run(
        _ version: RoomVersion, _ override: @escaping FakeResident.Override = { _ in nil }
    ) async throws -> [Record] {
        let resident = FakeResident(version)
        let book = JournalBook()
        let request = MembershipRequest(
            room: try RoomReference(parsing: resident.alias.text), user: FakeResident.user)
        let network = Network(
            identity: FakeResident.joiner.identity, transport: resident.transport(override), journal: book.journal,
            resolver: .anywhere)
        _ = try? await Handshake(request, network: network, journal: book.journal).join()
        return book.records
    }

    @Test(arguments: [RoomVersion.v1, .v11, .v12])
    func `so is a whole join, with the answer out of its file`(version: RoomVersion) async throws {
        let records = try await run(version)
        #expect(records.count > 30)
        let answer = records.compactMap { record -> Blob? in
            guard case .http(let exchange) = record.event, exchange.stage == .sendJoin else { return nil }
            return exchange.response?.body
        }
        try expectSame(records, answer: answer.first)
        #expect(answer.count == 1)
    }

    /// What goes wrong, by the part of the path where it does.
    static let refusals: [(path: String, answer: Response?)] = [
        ("/make_join/", .error(403, "M_FORBIDDEN", "you are \u{202E}banned")),
        ("/make_join/", .text("<h1>no</h1>", status: 502)),
        ("/send_join/", nil),
        ("/query/", Response(status: 200, body: Blob([0xFF, 0xFE, 0x00]))),
    ]

    @Test(arguments: refusals.indices)
    func `so is a join that failed`(i: Int) async throws {
        let (path, answer) = Self.refusals[i]
        let records = try await run(.v11) { request throws(TransportError) in
            guard request.path.contains(path) else { return nil }
            guard let answer else { throw .fake(.timeout, bytesSent: true) }
            return answer
        }
        try expectSame(records)
    }

    @Test func `so is every other kind of record`() throws {
        var targets = Destination(
            server: Sample.server, rule: "4", name: Sample.server,
            targets: [Request.Place(host: "t.example", port: 8449)])
        targets.addresses = ["192.0.2.1"]
        var end = Sample.end(exit: 46, failure: Sample.refusal) {
            $0.roomID = Sample.roomID
            $0.joined = nil
            $0.isUnsettled = true
            $0.resident = Sample.server
            $0.warnings = 2
        }
        let shown: [JSON] = [
            ["type": "m.room.name", "state_key": "", "sender": "@a:b", "content": ["name": "Lab \u{202E}"]],
            ["type": "m.room.topic"],
        ]
        end.undoOptions = ["-N", "'a b'", "--signing-key", #"'it'\''s'"#]
        let events: [Record.Event] = [
            .runStart(Sample.start), .resolved(.discovery, targets), .resolved(.discovery, Sample.destination),
            .wellKnown(.discovery, Sample.server, .none("status 404")),
            .wellKnown(.discovery, Sample.server, .unusable("not JSON")),
            .wellKnown(.discovery, Sample.server, .delegated(Sample.server, CacheTime(seconds: 61, source: "Expires"))),
            .visit(KeyServer.Visit(method: "GET", path: "/x", peer: "192.0.2.7", origin: nil, status: 404)),
            .strippedState(StrippedState(shown, of: Sample.roomID, .v11, from: Sample.server)),
            .runEnd(Sample.end { $0.hasKnocked = true }), .runEnd(Sample.end { $0.hasLeft = true }),
            .linger(end, seconds: 5), .runEnd(end), .runEnd(Sample.end(stoppedAfter: .sign)),
        ]
        try expectSame(events.map(Sample.record))
    }

    @Test func `findings of which there are many are cut as they were`() throws {
        try expectSame(
            Sample.records { journal in
                journal.begin(.verify, "x")
                for i in 0..<30 { journal.finding("one", "finding \(i)") }
                journal.detail("rule", "why")
                journal.end(.verify, .pass)
            })
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"type":"dns"}"#, #"{"type":"http","stage":"sign","saved":{}}"#, #"{"type":1}"#,
    ])
    func `what is no record is refused`(line: String) {
        #expect(throws: FileFault.self) { try RecordReader(answer: nil).record(Array(line.utf8)) }
    }

    /// What overflows is a crash.
    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "1e308", "-1", "null", "[]"])
    func `a number out of all measure harms no report`(number: String) async throws {
        let lines = try await run(.v11).map(SavedRecord.line)
        var report = TextReport(verbosity: 2)
        var read = 0
        for line in lines {
            let wrong = line.replacing(/:[0-9.]+/, with: ":\(number)")
            guard let record = try? RecordReader(answer: nil).record(Array(wrong.utf8)) else { continue }
            read += 1
            #expect(!JSONReport.line(record).isEmpty)
            _ = report.render(record)
        }
        #expect(read > 5)
    }

    @Test func `a record of a kind that is not known is passed over`() throws {
        #expect(try RecordReader(answer: nil).record(Array(#"{"type":"news"}"#.utf8)) == nil)
    }

    @Test(arguments: ["rm -rf ~", "curl -v 'https://a.example/x'; rm -rf x"])
    func `a record with a line to copy that is none of ours is refused`(words: String) throws {
        var failure = Sample.refusal
        failure.command = words
        var undoing = Sample.end(exit: 46, failure: Sample.refusal)
        undoing.undoOptions = ["-4", "--har", words]
        for end in [Sample.end(exit: 46, failure: failure), undoing] {
            let line = SavedRecord.line(Sample.record(.runEnd(end)))
            #expect(throws: FileFault.self) { try RecordReader(answer: nil).record(Array(line.utf8)) }
        }
    }

    @Test func `an answer for which a line has no room is left out of it`() async throws {
        let body = [UInt8](repeating: 0x78, count: 100_000)
        let record = try #require(
            await Sample.exchange(Sample.signed(.get, "/a")) { _ in Response(status: 200, body: Blob(body)) })
        #expect(SavedRecord.line(record).utf8.count > 100_000)
        #expect(SavedRecord.line(record, longest: 100_000).utf8.count < 5000)
        let line = SavedRecord.line(record, longest: 100_000)
        let read = try #require(try RecordReader(answer: nil).record(Array(line.utf8)))
        guard case .http(let kept) = read.event else { throw FileFault("no http") }
        #expect(kept.response?.status == 200)
        #expect(kept.response?.body.count == 0)
    }
}
