package import Federation
package import Matrix
internal import Synchronization

/// Collects what happens in a run, stamps it, and hands it on, one record at a time.
package final class Journal: Sendable {
    private struct State {
        var stage = Stage.identity
        var stageBegan: ContinuousClock.Instant
        /// The warnings before the stage that is at work.
        var warningsBefore = 0
        /// The checks of the stage that had findings.
        var found: Set<String> = []
        var lastExchange = 0
        var facts = RunFacts()
        var clocks = Clocks()
    }

    /// Nil where time stands still, so that two runs say the same.
    private let began: ContinuousClock.Instant?
    private let state: Mutex<State>
    /// Held while a record is handed on, so that records never overlap.
    private let sink: Mutex<@Sendable (Record) -> Void>
    /// Told how far a long piece of work is, in words; it is no record.
    let progress: @Sendable (String) -> Void

    package init(
        isTimed: Bool = true, progress: @escaping @Sendable (String) -> Void = { _ in },
        _ sink: @escaping @Sendable (Record) -> Void
    ) {
        began = isTimed ? .now : nil
        state = Mutex(State(stageBegan: .now))
        self.sink = Mutex(sink)
        self.progress = progress
    }

    package var facts: RunFacts { state.withLock { $0.facts } }
    package var stage: Stage { state.withLock { $0.stage } }
    var isTimed: Bool { began != nil }
    package var milliseconds: Double { began.map { Self.milliseconds(since: $0) } ?? 0 }

    package func note(_ change: (inout RunFacts) -> Void) {
        state.withLock { change(&$0.facts) }
    }

    package func record(_ event: Record.Event) {
        let record = Record(time: milliseconds, event: event)
        sink.withLock { $0(record) }
    }

    package func begin(_ stage: Stage, server: ServerName? = nil, _ title: String) {
        state.withLock {
            $0.stage = stage
            $0.stageBegan = .now
            $0.warningsBefore = $0.facts.warnings
            $0.found = []
        }
        record(.stageStart(StageStart(stage: stage, server: server, title: title)))
    }

    var warningsOfStage: Int { state.withLock { $0.facts.warnings - $0.warningsBefore } }

    package func end(_ stage: Stage, _ result: Outcome, _ failure: Failure? = nil) {
        let began = state.withLock { $0.stageBegan }
        let milliseconds = isTimed ? Self.milliseconds(since: began) : 0
        record(.stageEnd(StageEnd(stage: stage, result: result, failure: failure, milliseconds: milliseconds)))
    }

    package func check(
        _ check: String, _ result: Outcome, _ detail: String, subject: Text? = nil, server: ServerName? = nil
    ) {
        if result == .warn { warn(check, isOneOfMany: false) }
        let cause = result == .warn ? Diagnosis.named(ofWarning: check, detail) : nil
        let detail = cause.map { "\(detail) (fedjoin explain \($0))" } ?? detail
        record(
            .check(
                Check(stage: stage, check: check, result: result, subject: subject, server: server, detail: detail)))
    }

    /// One of what may be many of a kind: reports of text show the first few.
    func finding(_ check: String, _ detail: String, subject: Text? = nil, server: ServerName? = nil) {
        warn(check, isOneOfMany: true)
        record(
            .check(
                Check(
                    stage: stage, check: check, result: .warn, subject: subject, server: server, detail: detail,
                    depth: .each)))
    }

    /// Findings of a kind are one warning together, with the line that counts them.
    private func warn(_ check: String, isOneOfMany: Bool) {
        state.withLock { state in
            let wasFound = state.found.contains(check)
            if isOneOfMany { state.found.insert(check) }
            if !wasFound { state.facts.warnings += 1 }
        }
    }

    /// Why something is as it is, for those who ask for more.
    func detail(_ check: String, _ detail: String) {
        record(
            .check(
                Check(
                    stage: stage, check: check, result: .pass, subject: nil, server: nil, detail: detail, depth: .why)))
    }

    func http(_ request: Request, _ outcome: Result<Response, TransportError>) {
        let (id, stage) = state.withLock { state in
            state.lastExchange += 1
            return (state.lastExchange, state.stage)
        }
        let exchange = HTTPExchange(id: id, stage: stage, request: request, outcome: outcome)
        record(.http(exchange))
        noteClock(exchange)
    }

    /// Keeps how far a server's clock is off; whether that is the first of the run to warn of.
    func noteClock(_ server: Text, _ offset: Int) -> Bool { state.withLock { $0.clocks.take(server, offset) } }

    var clockOffsets: [Text: Int] { state.withLock { $0.clocks.offsets } }

    /// What discovery noticed, as records.
    package func notice(_ step: Discovery.Step) {
        switch step {
        case .wellKnown(let server, let outcome):
            record(.wellKnown(stage, server, outcome))
            guard case .unusable(let reason) = outcome else { return }
            note {
                $0.warnings += 1
                if $0.badWellKnown.count < 100 { $0.badWellKnown[server] = reason }
            }
        case .addresses(let name, let outcome): record(.dns(DNSLookUp(stage, name, outcome)))
        case .records(let kind, let name, let outcome):
            record(.dns(DNSLookUp(stage, kind, name, outcome)))
            guard kind == .cname, case .records = outcome else { return }
            check(
                "srv_alias", .warn,
                "the SRV target \(name) is an alias (CNAME), which RFC 2782 forbids: some servers refuse it")
        }
    }

    private static func milliseconds(since instant: ContinuousClock.Instant) -> Double {
        let elapsed = instant.duration(to: .now) / .microseconds(100)
        return elapsed.rounded() / 10
    }
}
