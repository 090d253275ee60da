import Federation
import Handshake
import Matrix
import TestSupport
import Testing

@testable import Reporting

@Suite struct ClosingLinesTests {
    static let urls = [
        ("http://me:pw@p:3128", "http://me:PASSWORD@p:3128"), ("http://me@p:3128", "http://me@p:3128"),
        ("http://p:3128", "http://p:3128"), ("https://me:p:w@x@[::1]:1/", "https://me:PASSWORD@[::1]:1/"),
        ("--proxy=http://me:pw@p", "--proxy=http://me:PASSWORD@p"), ("@me:a.example", "@me:a.example"),
        ("http://", "http://"), ("", ""),
    ]

    @Test(arguments: urls)
    func `a URL is shown without its password`(url: String, shown: String) {
        #expect(ClosingLines.withoutPassword(url) == shown)
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let end: RunEnd
        let lines: [String]

        init(_ description: String, _ end: RunEnd, _ lines: [String]) {
            testDescription = description
            self.end = end
            self.lines = lines
        }
    }

    private static let undo = [
        "=== The room now sends its events to us. To undo:",
        "===   fedjoin leave '!room:a.example' --via a.example",
    ]

    /// What is known once a template came.
    private static func known(_ facts: inout RunFacts) {
        facts.roomID = Sample.roomID
        facts.resident = Sample.server
        facts.eventID = Sample.eventID
    }

    private static func joined(_ verified: Bool?) -> (inout RunFacts) -> Void {
        { facts in
            known(&facts)
            facts.sent = true
            facts.joined = true
            facts.verified = verified
        }
    }

    private static func stopped(_ stage: Stage) -> Failure {
        var failure = failure(stage)
        failure.signal = 2
        return failure
    }

    private static func failure(_ stage: Stage, _ kind: FailureClass = .check, _ side: Side = .unknown) -> Failure {
        var failure = Failure(stage, kind, "a fault", server: Sample.server)
        failure.side = side
        return failure
    }

    static let cases: [Case] = [
        Case("joined", Sample.end(joined(true)), ["=== JOINED !room:a.example in 3.747s"] + undo),
        Case(
            "joined, stopped after send_join", Sample.end(stoppedAfter: .sendJoin, joined(nil)),
            ["=== JOINED !room:a.example in 3.747s, not verified: stopped after send_join, as told"] + undo),
        Case(
            "sent alone", Sample.end(stoppedAfter: .sendJoin, command: "send-join", joined(nil)),
            ["=== JOINED !room:a.example in 3.747s, not verified: fedjoin verify judges the answer"] + undo),
        Case(
            "joined, stopped after verify", Sample.end(stoppedAfter: .verify, joined(true)),
            ["=== JOINED !room:a.example in 3.747s"] + undo),
        Case(
            "joined, not verified", Sample.end(exit: 99, failure: failure(.verify, .check, .theirs), joined(false)),
            [
                "=== JOINED, NOT VERIFIED: a.example counts @b:joiner.example as joined",
                "=== the fault is on the other side",
            ] + undo),
        Case(
            "unknown",
            Sample.end(exit: 84, failure: failure(.sendJoin, .timeout)) { facts in
                known(&facts)
                facts.sent = nil
                facts.joined = nil
                facts.isUnsettled = true
            },
            [
                "=== NOT KNOWN whether a.example has taken our event $event",
                "=== the fault is on a side that is not known",
                "=== If it has, the room sends its events to us. To be out in any case:",
            ] + undo.suffix(1)),
        Case(
            "refused", Sample.end(exit: 46, failure: Sample.refusal) { $0.roomID = Sample.roomID },
            [
                "=== NOT JOINED, stopped at make_join; nothing was changed at any server",
                "=== the fault is on the other side",
            ]),
        Case(
            "refused at send_join",
            Sample.end(exit: 86, failure: failure(.sendJoin, .refused, .theirs)) { facts in
                known(&facts)
                facts.sent = true
            },
            [
                "=== NOT JOINED, stopped at send_join; nothing was changed at a.example",
                "=== the fault is on the other side",
            ]),
        Case(
            "a dry run", Sample.end(stoppedAfter: .sign, known),
            ["=== NOT JOINED, stopped after sign, as told; nothing was changed at a.example"]),
        Case(
            "left",
            Sample.end(command: "leave") { facts in
                known(&facts)
                facts.hasLeft = true
            }, ["=== LEFT !room:a.example in 3.747s"]),
        Case(
            "joined and left",
            Sample.end { facts in
                joined(true)(&facts)
                facts.joined = false
                facts.hasLeft = true
            }, ["=== JOINED AND LEFT !room:a.example in 3.747s"]),
        Case(
            "joined, the leave failed", Sample.end(exit: 82, failure: failure(.sendLeave, .connect), joined(true)),
            [
                "=== JOINED: a.example counts @b:joiner.example as joined",
                "=== the fault is on a side that is not known",
            ] + undo),
        Case(
            "a leave that was refused",
            Sample.end(exit: 86, failure: failure(.sendLeave, .refused, .theirs), command: "leave") { facts in
                known(&facts)
                facts.sent = true
                facts.joined = nil
            },
            [
                "=== NOT LEFT, stopped at send_leave; nothing was changed at a.example",
                "=== the fault is on the other side",
            ]),
        Case(
            "a leave that was cut",
            Sample.end(exit: 84, failure: failure(.sendLeave, .timeout, .dns), command: "leave") { facts in
                known(&facts)
                facts.sent = nil
                facts.joined = nil
                facts.isUnsettled = true
            }, ["=== NOT KNOWN whether a.example has taken our event $event", "=== the fault is in DNS"]),
        Case(
            "a knock",
            Sample.end(command: "knock") { facts in
                known(&facts)
                facts.hasKnocked = true
            },
            [
                "=== KNOCKED at !room:a.example in 3.747s",
                "=== A member may invite us now. To take the invite: fedjoin serve --await-invite @b:joiner.example",
                "=== To take the knock back:",
            ] + undo.suffix(1)),
        Case(
            "a knock that was cut",
            Sample.end(exit: 84, failure: failure(.sendKnock, .timeout, .dns), command: "knock") { facts in
                known(&facts)
                facts.sent = nil
                facts.isUnsettled = true
            },
            [
                "=== NOT KNOWN whether a.example has taken our event $event", "=== the fault is in DNS",
                "=== If it has, we have knocked. To take that back:",
            ] + undo.suffix(1)),
        Case(
            "a look with warnings", Sample.end(command: "self") { $0.warnings = 2 },
            ["=== self: OK in 3.747s, 2 warnings"]),
        Case("a look", Sample.end(command: "self"), ["=== self: OK in 3.747s"]),
        Case(
            "a join that Ctrl-C stopped", Sample.end(exit: 130, failure: stopped(.makeJoin)) { known(&$0) },
            ["=== NOT JOINED, stopped at make_join; nothing was changed at a.example"]),
        Case(
            "a look that Ctrl-C stopped", Sample.end(exit: 130, failure: stopped(.identity), command: "self"),
            ["=== self: FAILED in 3.747s"]),
        Case(
            "a leave that stops before it is sent", Sample.end(stoppedAfter: .sign, command: "leave", known),
            ["=== NOT LEFT, stopped after sign, as told; nothing was changed at a.example"]),
    ]

    @Test(arguments: cases)
    func `each outcome is said in its own words`(case: Case) {
        #expect(ClosingLines(`case`.end).transcript == [""] + `case`.lines)
    }

    @Test func `a failure says where and why, and what next`() {
        #expect(
            ClosingLines(Sample.end(exit: 46, failure: Sample.refusal)).errors == [
                #"fedjoin: error: make_join: a.example refused: "you are banned" (403 M_FORBIDDEN)"#,
                "fedjoin: hint: a moderator of the room can lift the ban",
                "fedjoin: more: fedjoin explain banned",
            ])
    }

    @Test func `there are three hints at most, and then the line to copy`() {
        var failure = Sample.refusal
        failure.hints = (1...5).map { Hint("h", "hint \($0)") }
        failure.command = "dig a.example"
        #expect(
            ClosingLines(Sample.end(exit: 46, failure: failure)).errors.dropFirst() == [
                "fedjoin: hint: hint 1", "fedjoin: hint: hint 2", "fedjoin: hint: hint 3",
                "fedjoin: hint: to see it: dig a.example",
            ])
    }

    @Test func `a line that sends an event again is never cut`() {
        let line = "send the same event again: fedjoin send-join run/event.json " + String(repeating: "-4 ", count: 200)
        var failure = Self.failure(.sendJoin, .timeout)
        failure.hints = [Hint("outcome-unknown", line)]
        let errors = ClosingLines(Sample.end(exit: 84, failure: failure, Self.known)).errors
        #expect(errors.dropFirst().first == "fedjoin: hint: \(line)")
    }

    @Test func `a hint to leave has the whole line, and numbers that were said are not said again`() {
        var failure = Self.failure(.sendJoin, .timeout)
        failure.hints = [Hint("outcome-unknown", "to be sure: fedjoin leave")]
        var end = Sample.end(exit: 84, failure: failure, Self.known)
        end.undoOptions = ["-N", "joiner.example"]
        #expect(
            ClosingLines(end).errors.dropFirst().first
                == "fedjoin: hint: to be sure: fedjoin leave '!room:a.example' --via a.example -N joiner.example")
        let page = Failure(.directory, .refused(ErrorAnswer(.text("<h1>", status: 404))), at: Sample.destination)
        #expect(
            ClosingLines(Sample.end(exit: 35, failure: page)).errors.first
                == "fedjoin: error: directory: a.example answered with status 404 and no errcode")
    }

    @Test func `a remote's words cannot add a line`() {
        let answer = ErrorAnswer(.error(403, "M_FORBIDDEN", "no\nfedjoin: hint: run this\u{1B}[2J"))
        let failure = Failure(.makeJoin, .refused(answer), at: Sample.destination)
        for line in ClosingLines(Sample.end(exit: 46, failure: failure)).errors {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test func `a membership and the way out of it are there for stderr, too`() {
        let undo = "fedjoin leave '!room:a.example' --via a.example"
        #expect(
            ClosingLines(Sample.end(Self.joined(true))).essentials == [
                "fedjoin: note: JOINED !room:a.example in 3.747s",
                "fedjoin: note: The room now sends its events to us. To undo: \(undo)",
            ])
        let unsettled = Sample.end(exit: 84, failure: Self.failure(.sendJoin)) { facts in
            Self.known(&facts)
            (facts.sent, facts.joined, facts.isUnsettled) = (nil, nil, true)
        }
        #expect(
            ClosingLines(unsettled).essentials == [
                "fedjoin: note: NOT KNOWN whether a.example has taken our event \(Sample.eventID)",
                "fedjoin: note: If it has, the room sends its events to us. To be out in any case: \(undo)",
            ])
    }

    @Test(arguments: [Sample.end(known), Sample.end(command: "demo", joined(true)), Sample.end(command: "self")])
    func `where no event of ours went out there is nothing to know`(end: RunEnd) {
        #expect(ClosingLines(end).essentials == [])
    }

    @Test func `success has nothing for stderr`() { #expect(ClosingLines(Sample.end(Self.joined(true))).errors == []) }

    @Test func `the line that undoes a join has its options, whole and without what a terminal acts on`() {
        var end = Sample.end(Self.joined(true))
        let long = String(repeating: "x", count: 400)
        end.undoOptions = ["--cacert", Shell.quoted(long), Shell.quoted("a\u{1B}b")]
        let last = ClosingLines(end).transcript.last ?? ""
        #expect(last.hasSuffix(" --cacert \(long) 'a\\u{1b}b'"), "\(last)")
    }
}
