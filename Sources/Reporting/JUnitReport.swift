internal import Federation
package import Handshake
internal import Matrix

/// A run as JUnit reports it, for Jenkins, GitLab and GitHub: the run is a suite, each stage a case.
package struct JUnitReport: Sendable {
    private struct Case {
        let stage: Stage
        let name: String
        var isReached = false
        var result: Outcome?
        var failure: Failure?
        var milliseconds = 0.0
        var lines: [String] = []
    }

    private var text = TextReport()
    private var start: RunStart?
    private var end: RunEnd?
    private var cases: [Case] = []
    private var current: Int?
    private var lines: [String] = []
    /// Of a transcript.
    private static let mostLines = 10_000

    package init() {}

    package mutating func take(_ record: Record) {
        switch record.event {
        case .runStart(let start):
            self.start = start
            for stage in start.stages { add(stage) }
        case .stageStart(let start): begin(start.stage)
        case .runEnd(let end): close(end)
        case .linger: return
        default: break
        }
        let said = text.render(record).transcript
        lines += said.prefix(max(0, Self.mostLines - lines.count))
        if let current { cases[current].lines += said.prefix(max(0, Self.mostLines - cases[current].lines.count)) }
        if case .stageEnd(let end) = record.event, let current, cases[current].stage == end.stage {
            cases[current].result = end.result
            cases[current].failure = end.failure
            cases[current].milliseconds = end.milliseconds
        }
    }

    /// A stage that is there twice, as that of a join which leaves again, has a number.
    private mutating func add(_ stage: Stage) {
        let count = cases.count { $0.stage == stage }
        cases.append(Case(stage: stage, name: stage.rawValue + (count == 0 ? "" : " \(count + 1)")))
    }

    private mutating func begin(_ stage: Stage) {
        var place = cases.indices.first { $0 > current ?? -1 && cases[$0].stage == stage }
        if place == nil {
            add(stage)
            place = cases.count - 1
        }
        current = place
        if let place { cases[place].isReached = true }
    }

    /// What the run says of its failure counts more than what the stage said of it.
    private mutating func close(_ end: RunEnd) {
        self.end = end
        defer { current = nil }
        guard let failure = end.failure else { return }
        if current.map({ cases[$0].stage }) != failure.stage { current = cases.lastIndex { $0.stage == failure.stage } }
        if current == nil {
            add(failure.stage)
            current = cases.count - 1
        }
        guard let current else { return }
        cases[current].isReached = true
        cases[current].result = .fail
        cases[current].failure = failure
    }

    /// The report, whole.
    package var document: String {
        let failures = cases.count { $0.failure.map(Self.isFailure) == true }
        let errors = cases.count { $0.failure.map(Self.isFailure) == false }
        let command = start?.command ?? end?.command ?? ""
        let stamp = WallClock.iso8601(start?.timestamp ?? 0).prefix(19)
        let suite = XML.attributes([
            ("name", [Tool.name, command, start?.room.string ?? ""].joined(separator: " ")),
            ("tests", "\(cases.count)"), ("failures", "\(failures)"), ("errors", "\(errors)"),
            ("skipped", "\(cases.count(where: isSkipped))"), ("time", Self.seconds(end?.milliseconds ?? 0)),
            ("timestamp", String(stamp)), ("hostname", start?.origin?.string ?? "localhost"), ("id", "0"),
            ("package", Tool.name),
        ])
        let properties = self.properties.map { "      <property\(XML.attributes([("name", $0), ("value", $1)]))/>\n" }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
              <testsuite\(suite)>
                <properties>
            \(properties.joined())    </properties>
            \(cases.map { element($0, command) }.joined())    <system-out>\(XML.text(lines.joined(separator: "\n")))</system-out>
                <system-err>\(XML.text(end.map { ClosingLines($0).errors.joined(separator: "\n") } ?? ""))</system-err>
              </testsuite>
            </testsuites>

            """
    }

    private var properties: [(String, String)] {
        guard let start else { return [] }
        let facts = end?.facts
        let known: [(String, String?)] = [
            ("run", start.run.string), ("tool", "\(Tool.name)/\(Tool.version)"), ("exit", end.map { "\($0.exit)" }),
            ("user", start.user.string), ("room_id", facts?.roomID?.description),
            ("room_version", facts?.roomVersion?.id.string), ("event_id", facts?.eventID?.description),
            ("resident", facts?.resident?.description), ("sent", Self.word(facts?.sent)),
            ("joined", Self.word(facts?.joined)), ("verified", Self.word(facts?.verified)),
        ]
        return known.compactMap { name, value in value.map { (name, $0) } }
    }

    private func isSkipped(_ one: Case) -> Bool { !one.isReached || one.result == .skip }

    private func element(_ one: Case, _ command: String) -> String {
        let attributes = XML.attributes([
            ("name", one.name), ("classname", "\(Tool.name).\(command)"), ("time", Self.seconds(one.milliseconds)),
        ])
        if let failure = one.failure {
            let tag = Self.isFailure(failure) ? "failure" : "error"
            let said = XML.attributes([("type", failure.kind.rawValue), ("message", Terminal.line(failure.message))])
            return """
                    <testcase\(attributes)>
                      <\(tag)\(said)>\(XML.text(facts(failure, one).joined(separator: "\n")))</\(tag)>
                    </testcase>

                """
        }
        guard isSkipped(one) else { return "    <testcase\(attributes)/>\n" }
        let why = one.isReached ? "left out" : "not reached"
        return "    <testcase\(attributes)><skipped\(XML.attributes([("message", why)]))/></testcase>\n"
    }

    /// All of it, since some readers show nothing but an element's text.
    private func facts(_ failure: Failure, _ one: Case) -> [String] {
        let answer = failure.answer
        let known: [(String, String?)] = [
            ("stage", failure.stage.rawValue), ("server", failure.server?.description), ("exit", "\(failure.exit)"),
            ("class", failure.kind.rawValue), ("status", answer.map { "\($0.status)" }),
            ("errcode", answer?.errcode?.string), ("remote error", answer?.message.map { "\"\($0)\"" }),
            ("side", failure.side.rawValue), ("message", failure.message), ("sent", Self.word(end?.facts.sent)),
            ("joined", Self.word(end?.facts.joined)), ("verified", Self.word(end?.facts.verified)),
        ]
        let lines = known.compactMap { name, value in value.map { Terminal.line("\(name): \($0)") } }
        return lines + failure.hints.map { Terminal.line("hint: \($0.text)") }
            + (failure.command.map { [Terminal.escaped("to see it: \($0)")] } ?? []) + one.lines
    }

    /// Where an answer came, and it was not the one that was hoped for; all else is an error.
    private static func isFailure(_ failure: Failure) -> Bool {
        [.refused, .notFound, .check].contains(failure.kind) && failure.signal == nil
    }

    private static func word(_ fact: Bool?) -> String { fact.map { $0 ? "true" : "false" } ?? "unknown" }

    /// `3.747`
    private static func seconds(_ milliseconds: Double) -> String {
        String(TextReport.seconds(milliseconds).dropLast())
    }
}
