import Handshake
import Matrix
import TestSupport
import Testing

@testable import Federation
@testable import Reporting

@Suite struct TextReportTests {
    private func lines(_ event: Record.Event, verbosity: Int = 0) -> [String] {
        var report = TextReport(verbosity: verbosity)
        return report.render(Sample.record(event)).transcript
    }

    private func lines(of record: Record?, verbosity: Int = 0) throws -> [String] {
        var report = TextReport(verbosity: verbosity)
        return report.render(try #require(record)).transcript
    }

    @Test(arguments: [(0, "0.000s"), (58, "0.058s"), (3_747, "3.747s"), (-123_456, "0.000s")])
    func `a time is shown in seconds, and one before the start as none`(milliseconds: Double, shown: String) {
        #expect(TextReport.seconds(milliseconds) == shown)
    }

    @Test func `a run begins with what it is about, and our key`() {
        #expect(
            lines(.runStart(Sample.start)) == [
                "=== fedjoin \(Tool.version): #lab:a.example as @b:joiner.example",
                "=== key ed25519:k0 from /keys/a.key",
            ])
    }

    static let insecure: [([Text], String)] = [
        (["*"], "any server"), (["a.example", "b.example"], "a.example, b.example"),
    ]

    @Test(arguments: insecure)
    func `that certificates do not count is said loudly`(insecure: [Text], words: String) {
        let start = RunStart(
            timestamp: 0, run: "", command: "leave", room: "!r:a", user: "@b:c", identity: Sample.identity,
            keyPath: nil, stages: [], insecure: insecure)
        let all = lines(.runStart(start))
        #expect(all.last == " !! certificates of \(words) are NOT verified")
        #expect(all.dropFirst().first == "=== key ed25519:k0, made for this run")
        #expect(all.first?.contains("leave !r:a") == true)
    }

    @Test func `stages are numbered by their place in the run`() {
        var report = TextReport()
        _ = report.render(Sample.record(.runStart(Sample.start)))
        let begun = Sample.records { $0.begin(.directory, "ask a.example") }
        #expect(report.render(begun[0]).transcript == ["", "=== 3 directory: ask a.example"])
    }

    @Test func `a stage that comes twice has the number of its place each time`() {
        var report = TextReport()
        var start = Sample.start
        start.stages = [.makeJoin, .sign, .sendJoin, .makeLeave, .sign, .sendLeave]
        _ = report.render(Sample.record(.runStart(start)))
        let begun = Sample.records { journal in
            for stage in [Stage.makeJoin, .makeJoin, .sign, .sendJoin, .makeLeave, .sign] { journal.begin(stage, "x") }
        }
        let numbers = begun.compactMap { report.render($0).transcript.last?.dropFirst(4).first }
        #expect(String(numbers) == "112345")
    }

    @Test func `how the run ended is said before it stays up, and once`() {
        var report = TextReport()
        let end = Sample.end(exit: 46, failure: Sample.refusal)
        let before = report.render(Sample.record(.linger(end, seconds: 9)))
        #expect(before.transcript.contains { $0.hasPrefix("=== NOT JOINED") })
        #expect(before.transcript.last?.hasPrefix("=== staying up for 9 s") == true)
        #expect(before.errors == ClosingLines(end).errors)
        #expect(report.render(Sample.record(.runEnd(end))) == TextReport.Output())
    }

    static let gutters: [(Outcome, String)] = [
        (.pass, " ok the detail"), (.warn, " !! the detail"), (.fail, "*** the detail"), (.skip, " .. the detail"),
    ]

    @Test(arguments: gutters)
    func `a check's gutter is its result`(result: Outcome, line: String) throws {
        let record = Sample.records { $0.check("a", result, "the detail") }.first
        #expect(try lines(of: record) == [line])
    }

    @Test func `an end of a stage says how long it took`() {
        func ended(_ result: Outcome) -> [String] {
            Sample.records { $0.end(.sign, result) }.flatMap { (try? lines(of: $0)) ?? [] }
        }
        #expect(ended(.pass).first?.hasPrefix("=== sign: ok, 0.") == true)
        #expect(ended(.fail).first?.hasPrefix("=== sign: FAILED, 0.") == true)
        #expect(ended(.skip) == [])
    }

    @Test func `names and where they lead are lines of their own`() throws {
        let asked = Sample.records {
            $0.notice(.addresses("a.example", .success(["192.0.2.1", "2001:db8::1"])))
            $0.notice(.addresses("b.example", .failure(NameError(description: "name or service not known"))))
            $0.notice(
                .wellKnown(
                    Sample.server,
                    .delegated(ServerName("matrix.a.example:443")!, CacheTime(seconds: 7200, source: "Expires"))))
            $0.notice(.wellKnown(Sample.server, .none("status 404")))
        }
        #expect(
            try asked.flatMap { try lines(of: $0) } == [
                " -> DNS a.example A AAAA", "<-  192.0.2.1 2001:db8::1",
                " -> DNS b.example A AAAA", "<** name or service not known",
                " ok delegated to matrix.a.example:443, to be kept for 2 h (Expires)", " .. no delegation: status 404",
            ])
        #expect(
            lines(.resolved(.discovery, Sample.destination)) == [
                " ok a.example is at matrix.a.example:443 (spec rule 3.2), certificate matrix.a.example"
            ])
    }

    @Test func `a visit says who came`() {
        let visit = KeyServer.Visit(
            method: "GET", path: "/a\u{1B}", peer: "192.0.2.9:1", origin: "evil\u{202E}", status: 404)
        #expect(
            lines(.visit(visit)) == [
                #"=== our server was asked by evil\u{202e} (192.0.2.9:1): GET /a\u{1b}, answered 404"#
            ])
    }

    @Test func `a signed request is shown decoded, and without the versions it offers`() async throws {
        let record = await Sample.exchange(
            Sample.signed(.get, "/_matrix/federation/v1/make_join/%21r%3Aa/%40b%3Ac?ver=1&ver=2")
        ) { _ in .json(["a": 1]) }
        #expect(
            try lines(of: record) == [
                " -> GET /_matrix/federation/v1/make_join/!r:a/@b:c", "<-  200 OK, 7 bytes",
            ])
    }

    @Test func `an open request is shown with its address, and a short answer whole`() async throws {
        let request = Request(.get, "/.well-known/matrix/server", host: "a.example", port: 443)
        let record = await Sample.exchange(request) { _ in .json(["m.server": "b"]) }
        #expect(
            try lines(of: record) == [
                " -> GET https://a.example/.well-known/matrix/server", #"<-  200 OK, {"m.server":"b"}"#,
            ])
    }

    @Test func `a refusal stands out, with its words`() async throws {
        let record = await Sample.exchange(Sample.signed(.get, "/a")) { _ in .error(403, "M_FORBIDDEN", "no\n!") }
        #expect(
            try lines(of: record).dropFirst() == ["<** 403 Forbidden", #"<** M_FORBIDDEN: "no\u{a}!""#])
    }

    @Test func `so does an answer that is no homeserver's, and a fault`() async throws {
        let page = await Sample.exchange(Sample.signed(.get, "/a")) { _ in .text("<h1>", status: 404) }
        #expect(try lines(of: page).last == "<** 404 Not Found, 4 bytes without an errcode")
        let fault = await Sample.exchange(Sample.signed(.get, "/a")) { _ throws(TransportError) in throw .fake(.tls) }
        #expect(try lines(of: fault).last == "<** a test's tls fault")
    }

    @Test(arguments: [0, 1, 2, 3])
    func `every line has a gutter, and no escape`(verbosity: Int) async throws {
        let text = "\u{1B}[2J\u{202E}\r\n" + String(repeating: "x", count: 1000)
        let record = await Sample.exchange(Sample.signed(.get, "/%1B%0A?a=%9B")) { _ in .text(text, status: 500) }
        let all = try lines(of: record, verbosity: verbosity)
        let gutters = ["===", " ->", "<- ", "<**", " ok", " !!", "***", " .."]
        for line in all {
            #expect(gutters.contains { line.hasPrefix($0 + " ") })
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E || $0.value == 0x9B })
        }
        #expect(all.contains { $0.contains(#"\u{1b}[2J"#) } == (verbosity > 0))
    }

    @Test func `a body is shown from the first level on where it is short, whole from the second`() async throws {
        let long = String(repeating: "x", count: 5000)
        let record = await Sample.exchange(Sample.signed(.get, "/a")) { _ in .text(long) }
        func shows(_ verbosity: Int) throws -> Bool {
            try lines(of: record, verbosity: verbosity).contains { $0.contains(long) }
        }
        #expect(try [0, 1, 2].map(shows) == [false, false, true])
    }

    @Test(arguments: [(0, "0.000s"), (3746.6, "3.747s"), (60_001, "60.001s")] as [(Double, String)])
    func `times are in seconds`(milliseconds: Double, text: String) {
        #expect(TextReport.seconds(milliseconds) == text)
    }
}
