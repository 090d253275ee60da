internal import Federation
package import Handshake
internal import Matrix

/// The transcript: records as lines for people, each with a gutter that says what it is.
package struct TextReport: Sendable {
    /// Lines for the two streams that one record makes.
    package struct Output: Sendable, Equatable {
        package var transcript: [String] = []
        package var errors: [String] = []
    }

    /// What stands before a line.
    enum Gutter: String {
        case said = "==="
        case sent = " ->"
        case received = "<- "
        case unexpected = "<**"
        case passed = " ok"
        case warned = " !!"
        case failed = "***"
        case leftOut = " .."
    }

    private let verbosity: Int
    private var lastStage: Stage?
    private var stages: [Stage] = []
    private var position = 0
    private var candidates = CandidateTable()
    /// Whether it was said already how the run ended.
    private var hasClosed = false
    /// How many there were of each check of which there may be many.
    private var listed: [String: Int] = [:]
    private static let mostListed = 20

    package init(verbosity: Int = 0) { self.verbosity = verbosity }

    package mutating func render(_ record: Record) -> Output {
        var output = Output()
        switch record.event {
        case .runStart(let start):
            stages = start.stages
            output.transcript = Self.opening(start)
        case .stageStart(let start): output.transcript = opening(of: start)
        case .dns(let dns): output.transcript = Self.lines(of: dns)
        case .resolved(_, let destination): output.transcript = [Self.line(of: destination)]
        case .rule(let finding): output.transcript = ProbeLines.lines(finding)
        case .address(let probe): output.transcript = ProbeLines.lines(probe)
        case .wellKnown(_, _, .delegated(let name, let cache)):
            output.transcript = [
                Self.line(.passed, "delegated to \(name), \(Self.kept(cache)) (\(cache.source))")
            ]
        case .wellKnown(_, _, .none(let reason)): output.transcript = [Self.line(.leftOut, "no delegation: \(reason)")]
        case .wellKnown(_, _, .unusable(let reason)):
            output.transcript = [
                Self.line(.warned, "the well-known file is of no use, as if there were none: \(reason)")
            ]
        case .http(let exchange): output.transcript = HTTPLines(exchange, verbosity: verbosity).lines
        case .check(let check): output.transcript = lines(of: check)
        case .room(let room): output.transcript = RoomLines.lines(room)
        case .strippedState(let state): output.transcript = StrippedStateLines.lines(state)
        // What we ask our own server in stage 1 is shown as our request.
        case .visit(let visit): output.transcript = lastStage == .identity ? [] : [Self.line(of: visit)]
        case .candidate(let attempt): candidates.add(attempt)
        case .stageEnd(let end): output.transcript = candidates.taken() + leftOut() + Self.lines(of: end)
        case .linger(let end, let seconds):
            output = Self.closing(end)
            let why = "other servers in the room fetch our key now; Ctrl-C ends it"
            output.transcript.append(Self.line(.said, "staying up for \(seconds) s: \(why)"))
            hasClosed = true
        case .runEnd(let end): if !hasClosed { output = Self.closing(end) }
        }
        return output
    }

    /// Of what may be many of a kind the first few are shown, and the rest counted where the stage ends.
    private mutating func lines(of check: Check) -> [String] {
        switch check.depth {
        case .plain: break
        case .why where verbosity < 2: return []
        case .why where check.check == "timing":
            return [Self.line(.said, "  \(check.subject ?? ""): \(check.detail)")]
        case .why: return ["\(Gutter.said.rawValue)   \(Terminal.escaped(check.detail))"]
        case .each:
            listed[check.check, default: 0] += 1
            if listed[check.check, default: 0] > Self.mostListed { return [] }
        }
        return [Self.line(Self.gutter(check.result), check.detail)]
    }

    private mutating func leftOut() -> [String] {
        defer { listed = [:] }
        return listed.sorted { $0.key < $1.key }.filter { $0.value > Self.mostListed }.map { check, count in
            Self.line(.leftOut, "\(count - Self.mostListed) more of \(check) are not shown: -o json lists all")
        }
    }

    /// Most files are kept for hours; some say not to be kept at all.
    private static func kept(_ cache: CacheTime) -> String {
        if cache.seconds == 0 { return "not to be kept" }
        let minutes = (cache.seconds + 59) / 60
        return "to be kept for " + (minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes) min")
    }

    private static func closing(_ end: RunEnd) -> Output {
        Output(transcript: ClosingLines(end).transcript, errors: ClosingLines(end).errors)
    }

    static func line(_ gutter: Gutter, _ text: String) -> String { "\(gutter.rawValue) \(Terminal.line(text))" }

    private static func opening(_ start: RunStart) -> [String] {
        let whose = start.keyPath.map { " from \($0)" } ?? ", made for this run"
        let isLook = start.user.isEmpty
        let what = ["join", "demo"].contains(start.command) ? "" : "\(start.command) "
        let who = isLook ? "" : " as \(start.user)"
        let tool = start.tool.split(separator: "/", maxSplits: 1).joined(separator: " ")
        var lines = [line(.said, "\(tool): \(what)\(start.room)\(who)")]
        if !isLook, let keyID = start.keyID { lines.append(line(.said, "key \(keyID)\(whose)")) }
        if !start.insecure.isEmpty {
            let whom = start.insecure == ["*"] ? "any server" : start.insecure.map(\.string).joined(separator: ", ")
            lines.append(line(.warned, "certificates of \(whom) are NOT verified"))
        }
        return lines
    }

    private mutating func opening(of start: StageStart) -> [String] {
        lastStage = start.stage
        // A join that leaves again signs twice: the place is the next one from where the run is.
        let place = stages[position...].firstIndex(of: start.stage) ?? stages.firstIndex(of: start.stage)
        position = place ?? position
        let number = place.map { "\($0 + 1) " } ?? ""
        return ["", Self.line(.said, "\(number)\(start.stage.rawValue): \(start.title)")]
    }

    private static func lines(of dns: DNSLookUp) -> [String] {
        let question = line(.sent, "DNS \(dns.name) \(dns.kinds)")
        guard let problem = dns.problem else {
            return [
                question, line(.received, dns.answers.map(\.string).joined(separator: dns.rcode == nil ? " " : ", ")),
            ]
        }
        // That there is no SRV record is what most names have.
        return [question, line(["NXDOMAIN", "NODATA"].contains(dns.rcode) ? .received : .unexpected, problem)]
    }

    private static func line(of destination: Destination) -> String {
        line(
            .passed,
            "\(destination.server) is at \(destination.place) (spec rule \(destination.rule)), "
                + "certificate \(destination.certificateHost)")
    }

    private static func line(of visit: KeyServer.Visit) -> String {
        let who = visit.origin.map { "\($0) (\(visit.peer))" } ?? visit.peer
        return line(.said, "our server was asked by \(who): \(visit.method) \(visit.path), answered \(visit.status)")
    }

    private static func lines(of end: StageEnd) -> [String] {
        let name = end.stage.rawValue
        let time = Self.seconds(end.milliseconds)
        return switch end.result {
        case .pass: [line(.said, "\(name): ok, \(time)")]
        case .fail: [line(.said, "\(name): FAILED, \(time)")]
        case .skip, .warn: []
        }
    }

    static func gutter(_ result: Outcome) -> Gutter {
        switch result {
        case .pass: .passed
        case .fail: .failed
        case .warn: .warned
        case .skip: .leftOut
        }
    }

    /// `3.747s`
    static func seconds(_ milliseconds: Double) -> String {
        let whole = max(0, Int(milliseconds.rounded()))
        let rest = String(whole % 1000)
        return "\(whole / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)s"
    }
}
