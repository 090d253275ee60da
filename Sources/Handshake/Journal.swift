package import Federation
package import Matrix

/// What a run's records are to have.
package struct JournalOptions: Sendable {
    /// Whether there is a record for each event that was verified, and why.
    package var explains = false
    /// Whether the signatures of our requests are left in.
    package var showsSecrets = false
    /// Whether there is somebody to tell what is waited for.
    package var tellsWaiting = false
    /// The time that stands for every time of the run, in milliseconds since 1970, so that equal runs have equal
    /// records; nil for the clock's.
    package var fixedTime: Int?

    package init() {}
}

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
        /// How many requests came to our own server.
        var visits = 0
        var facts = RunFacts()
        var clocks = Clocks()
        /// How long the last look-up of each name took.
        var lookUps: [String: Double] = [:]
    }

    private let began = ContinuousClock.now
    private let state: Locked<State>
    /// Held while a record is handed on, so that records never overlap. The sink stands beside it: a closure inside would
    /// be wrapped once more each time that it is called, until the stack is too short. It is whether the run's end was
    /// handed on, after which there is no more: whoever asks our key server later comes too late for the run's records.
    private let hasEnded = Locked(false)
    private let sink: @Sendable (Record) -> Void
    /// Told how far a long piece of work is, in words; it is no record.
    let progress: @Sendable (String) -> Void
    let options: JournalOptions

    package init(
        _ options: JournalOptions = JournalOptions(), progress: @escaping @Sendable (String) -> Void = { _ in },
        _ sink: @escaping @Sendable (Record) -> Void
    ) {
        self.options = options
        state = Locked(State(stageBegan: began))
        self.sink = sink
        self.progress = progress
    }

    package var facts: RunFacts { state.withLock { $0.facts } }
    package var stage: Stage { state.withLock { $0.stage } }
    package var milliseconds: Double { milliseconds(since: began) }
    /// The time of the run's dates, in milliseconds since 1970.
    package var now: Int { options.fixedTime ?? WallClock.now() }

    package func note(_ change: (inout RunFacts) -> Void) {
        state.withLock { change(&$0.facts) }
    }

    package func record(_ event: Record.Event) {
        var event = event
        if options.fixedTime != nil, case .address(let probe) = event { event = .address(probe.withoutTimes) }
        let stamped = event
        // Stamped where it is handed on, so that the times of a stream never go back.
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            if case .runEnd = stamped { hasEnded = true }
            sink(Record(time: milliseconds, event: stamped))
        }
    }

    /// Records who asked our own server for what. Anybody may, as often as they like: the first many are enough.
    package func visit(_ visit: KeyServer.Visit) {
        let isOneOfFirst = state.withLock { state in
            state.visits += 1
            return state.visits <= Self.mostVisits
        }
        if isOneOfFirst { record(.visit(visit)) }
    }

    private static let mostVisits = 1000

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
        let milliseconds = milliseconds(since: began)
        record(.stageEnd(StageEnd(stage: stage, result: result, failure: failure, milliseconds: milliseconds)))
    }

    /// What a task that was cancelled had no time to look at is no finding.
    private func isFinding(_ result: Outcome) -> Bool {
        result == .pass || result == .skip || !Task.isCancelled
    }

    package func check(
        _ check: String, _ result: Outcome, _ detail: String, subject: Text? = nil, server: ServerName? = nil
    ) {
        guard isFinding(result) else { return }
        if result == .warn { warn(check, isOneOfMany: false) }
        let cause = result == .warn ? Diagnosis.named(ofWarning: check, detail) : nil
        let detail = cause.map { "\(detail) (fedjoin explain \($0))" } ?? detail
        record(
            .check(
                Check(stage: stage, check: check, result: result, subject: subject, server: server, detail: detail)))
    }

    /// One of what may be many of a kind: reports of text show the first few.
    func finding(_ check: String, _ detail: String, subject: Text? = nil, server: ServerName? = nil) {
        guard isFinding(.warn) else { return }
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
    func detail(_ check: String, _ detail: String, subject: Text? = nil) {
        record(
            .check(
                Check(
                    stage: stage, check: check, result: .pass, subject: subject, server: nil, detail: detail,
                    depth: .why)))
    }

    func http(_ request: Request, _ outcome: Result<Response, TransportError>) {
        let (id, stage) = state.withLock { state in
            state.lastExchange += 1
            return (state.lastExchange, state.stage)
        }
        let exchange = HTTPExchange(id: id, stage: stage, request: request, outcome: outcome, options)
        record(.http(exchange))
        noteClock(exchange)
    }

    /// Says each second what is waited for, until it is cancelled.
    func tellWaiting(for what: String) async {
        guard options.tellsWaiting else { return }
        for second in 1... {
            do { try await ContinuousClock().sleep(for: .seconds(1)) } catch { return }
            progress("waiting for \(what), \(second) s")
        }
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
        case .addresses(let name, let outcome): record(DNSLookUp(stage, name, outcome))
        case .records(let kind, let name, let outcome):
            record(DNSLookUp(stage, kind, name, outcome))
            guard kind == .cname, case .records = outcome else { return }
            check(
                "srv_alias", .warn,
                "the SRV target \(name) is an alias (CNAME), which RFC 2782 forbids: some servers refuse it")
        }
    }

    private func record(_ lookUp: DNSLookUp) {
        var lookUp = lookUp
        lookUp.milliseconds = state.withLock { $0.lookUps["\(lookUp.kinds) \(lookUp.name)"] }
        record(.dns(lookUp))
    }

    /// Keeps how long a look-up took, for the record of it.
    fileprivate func noteLookUp(_ kinds: String, _ name: Text, since began: ContinuousClock.Instant) {
        let time = milliseconds(since: began)
        state.withLock { $0.lookUps["\(kinds) \(name)"] = time }
    }

    private func milliseconds(since instant: ContinuousClock.Instant) -> Double {
        if options.fixedTime != nil { return 0 }
        let elapsed = instant.duration(to: .now) / .microseconds(100)
        return elapsed.rounded() / 10
    }
}

extension HostResolver {
    /// The same, with the journal told how long each look-up takes.
    func timed(by journal: Journal) -> HostResolver {
        HostResolver(
            { [addresses] name in
                async let _: Void = journal.tellWaiting(for: "the address of \(name)")
                let began = ContinuousClock.now
                let outcome = await addresses(name)
                journal.noteLookUp(DNSLookUp.addressKinds, name, since: began)
                return outcome
            },
            query: { [query] kind, name in
                async let _: Void = journal.tellWaiting(for: "the \(kind.rawValue) record of \(name)")
                let began = ContinuousClock.now
                let outcome = await query(kind, name)
                journal.noteLookUp(kind.rawValue, name, since: began)
                return outcome
            })
    }
}
