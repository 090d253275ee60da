import Federation
import Foundation
import Handshake
import Matrix
import TestSupport
import Testing

@testable import Reporting

@Suite struct JSONReportTests {
    /// The record as two readers see it: Foundation's, and ours.
    private func read(_ record: Record) throws -> JSON {
        let line = JSONReport.line(record)
        #expect(line.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
        return try JSON(parsing: Array(line.utf8))
    }

    private func keys(_ value: JSON?) -> Set<String> {
        Set((value?.object?.members ?? []).map(\.key.string))
    }

    /// A whole run, every record of it.
    private func run() async throws -> [Record] {
        let resident = FakeResident()
        let book = JournalBook()
        let request = MembershipRequest(
            room: try RoomReference(parsing: resident.alias.text), user: FakeResident.user)
        let network = Network(
            identity: FakeResident.joiner.identity, transport: resident.transport(), journal: book.journal,
            resolver: .anywhere)
        _ = try await Handshake(request, network: network, journal: book.journal).join()
        return book.records
    }

    @Test func `every record of a run is one line of ASCII JSON`() async throws {
        let records = try await run()
        #expect(records.count > 30)
        for record in records {
            let value = try read(record)
            #expect(value["v"] == 1)
            #expect(value["type"]?.text != nil)
            #expect(value["t"] != nil)
        }
    }

    @Test func `no record of a run has a request's signature in it`() async throws {
        let exchanges = try await run().compactMap { record in
            if case .http = record.event { JSONReport.line(record) } else { nil }
        }
        let signed = exchanges.filter { $0.contains("X-Matrix") }
        #expect(signed.count == 3)
        #expect(signed.allSatisfy { $0.contains(#"sig=\"[redacted]\""#) })
    }

    static let types: [(Text, Set<String>)] = [
        ("stage_start", ["stage", "server", "title"]),
        ("dns", ["stage", "name", "rr", "answers", "error"]),
        ("resolved", ["stage", "server", "rule", "host", "port", "cert_name", "host_header", "addresses"]),
        ("http", ["stage", "id", "server", "remote", "tls", "request", "response", "timings"]),
        ("check", ["stage", "check", "result", "subject", "server", "detail"]),
        (
            "stage_end",
            ["stage", "result", "class", "exit", "status", "errcode", "remote_error", "message", "hints", "ms"]
        ),
    ]

    @Test(arguments: types)
    func `a record has the fields that are promised`(type: Text, fields: Set<String>) async throws {
        let found = try await run().map(read).filter { $0["type"]?.text == type }
        #expect(!found.isEmpty)
        for record in found { #expect(fields.union(["v", "type", "t"]).subtracting(keys(record)) == []) }
    }

    @Test func `a run begins with who, what and when`() throws {
        let value = try read(Sample.record(.runStart(Sample.start)))
        #expect(
            keys(value) == [
                "v", "type", "ts", "run", "tool", "command", "room", "user", "origin", "key_id", "stages", "insecure",
            ])
        #expect(value["ts"] == "2026-11-22T20:26:46.528Z")
        #expect(value["stages"]?.array?.count == 7)
        #expect(value["key_id"] == "ed25519:k0")
    }

    @Test func `a run ends with all that is known`() throws {
        let value = try read(
            Sample.record(
                .runEnd(
                    Sample.end(exit: 46, failure: Sample.refusal) { facts in
                        facts.roomID = Sample.roomID
                        facts.eventID = Sample.eventID
                        facts.sent = nil
                        facts.joined = false
                    })))
        let due: [Text: JSON] = [
            "result": "fail", "exit": 46, "failed_stage": "make_join", "class": "refused",
            "room_id": "!room:a.example", "room_version": .null, "event_id": "$event", "sent": .null,
            "joined": false, "verified": .null, "side": "theirs", "ms": .number("3746.6"),
        ]
        for (key, field) in due { #expect(value[key] == field, "\(key)") }
    }

    @Test(arguments: [(nil, .null), (false, false), (true, true)] as [(Bool?, JSON)])
    func `what is not known is null`(fact: Bool?, value: JSON) throws {
        let end = try read(
            Sample.record(
                .runEnd(
                    Sample.end { facts in
                        facts.sent = fact
                        facts.joined = fact
                        facts.verified = fact
                    })))
        for key in ["sent", "joined", "verified"] as [Text] { #expect(end[key] == value) }
    }

    static let results: [(Failure?, Int, Text)] = [(nil, 0, "pass"), (nil, 2, "warn"), (Sample.refusal, 2, "fail")]

    @Test(arguments: results)
    func `a run's result is its worst`(failure: Failure?, warnings: Int, result: Text) throws {
        let end = try read(Sample.record(.runEnd(Sample.end(failure: failure) { $0.warnings = warnings })))
        #expect(end["result"] == .string(result))
    }

    @Test func `a failed stage has the remote's words, and each hint's id once`() throws {
        var failure = Sample.refusal
        failure.hints = [Hint("a", "1"), Hint("a", "2"), Hint("b", "3")]
        let record = try #require(Sample.records { $0.end(.makeJoin, .fail, failure) }.first)
        let value = try read(record)
        #expect(value["class"] == "refused")
        #expect(value["exit"] == 46)
        #expect(value["status"] == 403)
        #expect(value["errcode"] == "M_FORBIDDEN")
        #expect(value["remote_error"] == "you are banned")
        #expect(value["hints"] == ["a", "b"])
    }

    @Test(arguments: ["\u{7F}\u{9B}\u{202E}", "é漢😀", "\"\\\u{8}\n\u{0}", "\u{10FFFF}"])
    func `whatever a remote says comes back as it was`(words: String) throws {
        let record = try #require(Sample.records { $0.check("a", .warn, words, subject: Text(words)) }.first)
        let value = try read(record)
        #expect(value["detail"] == .string(Text(words)))
        #expect(value["subject"] == .string(Text(words)))
    }

    static let bodies: [(String, JSON)] = [
        (#"{"a": [1, 1.50, -0]}"#, ["a": [1, .number("1.50"), .number("-0")]]), ("<h1>", "<h1>"), ("", .null),
        (#"{"a": 1, "a": 2}"#, #"{"a": 1, "a": 2}"#),
    ]

    @Test(arguments: bodies)
    func `a body is JSON where it is some, else text`(body: String, value: JSON) async throws {
        let record = try #require(await Sample.exchange(Sample.signed(.get, "/a")) { _ in .text(body) })
        let read = try read(record)
        #expect(read["response"]?["body"] == value)
        #expect(read["response"]?["bytes"] == .integer(body.utf8.count))
        #expect(read["request"]?["body"] == .null)
    }

    @Test func `a body that is not text, or long, is left out`() async throws {
        let bytes = try #require(
            await Sample.exchange(Sample.signed(.get, "/a")) { _ in Response(status: 200, body: Blob([0xFF])) })
        #expect(try read(bytes)["response"]?["body"] == .null)
        let long = String(repeating: "x", count: 65_537)
        let record = try #require(await Sample.exchange(Sample.signed(.get, "/a")) { _ in .text(long) })
        #expect(try read(record)["response"]?["body"] == .null)
        #expect(try read(record)["response"]?["bytes"] == 65_537)
    }
}
