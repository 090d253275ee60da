import Federation
import Foundation
import Handshake
import Matrix
import TestSupport
import Testing

@testable import Reporting

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What a literal cannot have: these are no characters.
private let noCharacters = [0xFFFE, 0xFFFF, 0x1FFFE, 0xFDD0].compactMap { Unicode.Scalar($0 as UInt32) }.map { "\($0)" }
    .joined()

/// A JUnit report as a reader takes it apart.
private final class JUnitReader: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""
    }

    private(set) var elements: [Element] = []
    private var open: [Int] = []

    init?(_ document: String) {
        super.init()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = self
        guard parser.parse() else { return nil }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        open.append(elements.count)
        elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if let last = open.last { elements[last].text += text }
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }
}

@Suite struct JUnitReportTests {
    private func report(_ events: [Record.Event]) throws -> JUnitReader {
        var report = JUnitReport()
        for event in events { report.take(Sample.record(event)) }
        return try #require(JUnitReader(report.document), "no XML:\n\(report.document)")
    }

    private func stage(_ stage: Stage, _ result: Outcome, _ failure: Failure? = nil) -> [Record.Event] {
        Sample.records {
            $0.begin(stage, server: Sample.server, "title")
            $0.end(stage, result, failure)
        }.map(\.event)
    }

    @Test func `a run is a suite, and each of its stages a case, also where it was not reached`() throws {
        let failure = Sample.refusal
        let reader = try report(
            [.runStart(Sample.start)] + stage(.identity, .pass) + stage(.makeJoin, .fail, failure)
                + [.runEnd(Sample.end(exit: 46, failure: failure))])
        let suite = try #require(reader.all("testsuite").first).attributes
        #expect(suite["tests"] == "7" && suite["failures"] == "1" && suite["errors"] == "0" && suite["skipped"] == "5")
        #expect(suite["timestamp"] == "2026-11-22T20:26:46")
        #expect(reader.all("testcase").map { $0.attributes["name"] } == Stage.join.map(\.rawValue))
        #expect(reader.all("skipped").allSatisfy { $0.attributes["message"] == "not reached" })
    }

    static let kinds: [(FailureClass, String)] = [
        (.refused, "failure"), (.notFound, "failure"), (.check, "failure"), (.name, "error"), (.connect, "error"),
        (.tls, "error"), (.timeout, "error"), (.protocol, "error"), (.unavailable, "error"), (.other, "error"),
        (.usage, "error"),
    ]

    @Test(arguments: kinds)
    func `an answer that was not hoped for is a failure, anything else an error`(
        kind: FailureClass, tag: String
    ) throws {
        let failure = Failure(.makeJoin, kind, "why")
        let reader = try report(
            [.runStart(Sample.start)] + stage(.makeJoin, .fail, failure)
                + [.runEnd(Sample.end(exit: failure.exit, failure: failure))])
        #expect(reader.all(tag).map { $0.attributes["type"] } == [kind.rawValue])
        #expect(reader.all("failure").count + reader.all("error").count == 1)
    }

    @Test func `the text of a failure has all facts and the stage's transcript`() throws {
        let failure = Sample.refusal
        let reader = try report(
            [.runStart(Sample.start)] + stage(.makeJoin, .fail, failure)
                + [.runEnd(Sample.end(exit: 46, failure: failure) { $0.sent = nil })])
        let text = try #require(reader.all("failure").first).text
        for line in [
            "stage: make_join", "exit: 46", "class: refused", "status: 403", "errcode: M_FORBIDDEN",
            "remote error: \"you are banned\"", "sent: unknown", "=== 4 make_join: title",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test func `a run that ends outside of a stage's end fails in the stage that it names`() throws {
        var failure = Failure(.sendJoin, .timeout, "stopped by SIGINT")
        failure.signal = 2
        let started = Sample.records { $0.begin(.sendJoin, "to a.example") }.map(\.event)
        let reader = try report(
            [.runStart(Sample.start)] + started + [.runEnd(Sample.end(exit: 130, failure: failure))])
        #expect(reader.all("error").count == 1)
        #expect(reader.all("testsuite").first?.attributes["errors"] == "1")
    }

    @Test func `a stage that comes twice is a case each time, with a name of its own`() throws {
        var start = Sample.start
        start.stages += [.makeLeave, .sign, .sendLeave]
        let stages = start.stages.flatMap { stage($0, .pass) }
        let reader = try report([.runStart(start)] + stages + [.runEnd(Sample.end())])
        let names = reader.all("testcase").compactMap { $0.attributes["name"] }
        #expect(names.suffix(3) == ["make_leave", "sign 2", "send_leave"])
        #expect(reader.all("skipped").isEmpty)
    }

    @Test(arguments: ["\u{1B}[31m\u{0}\u{8}", "]]>&<a href=\"'\">", "\u{85}" + noCharacters, "\u{202E}é😀"])
    func `whatever a remote says is XML in the end`(words: String) throws {
        var failure = Failure(.makeJoin, .refused, words)
        failure.hints = [Hint("a", words)]
        failure.command = words
        let reader = try report(
            [.runStart(Sample.start)] + stage(.makeJoin, .fail, failure)
                + [.runEnd(Sample.end(exit: 46, failure: failure))])
        let all = reader.elements.flatMap { [$0.text] + $0.attributes.values }.joined()
        #expect(
            all.unicodeScalars.allSatisfy { scalar in
                scalar == "\n" || !(scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value))
            })
    }
}

@Suite struct XMLTests {
    static let texts = [
        ("a&b<c>\"d\"", "a&amp;b&lt;c&gt;&quot;d&quot;"), ("\t\n", "\t\n"),
        ("\u{0}\u{B}\u{1B}\r\u{7F}\u{80}\u{9F}", ""),
        (noCharacters, ""), ("é\u{A0}😀", "é\u{A0}😀"),
    ]

    @Test(arguments: texts)
    func `text keeps what XML can have`(text: String, written: String) { #expect(XML.text(text) == written) }

    @Test func `an attribute is one line`() {
        #expect(XML.attributes([("a", "1\n2\t\"3\""), ("b", "")]) == " a=\"12&quot;3&quot;\" b=\"\"")
    }
}
