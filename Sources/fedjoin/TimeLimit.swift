/// How long a whole run may take, and that a signal ends it in its own words.
enum TimeLimit {
    /// Why work was stopped before its end.
    enum Stop: Sendable {
        case time
        case signal(Int32)
    }

    private enum Event<Outcome: Sendable>: Sendable {
        case done(Outcome)
        case stop(Stop)
    }

    /// What `work` comes to. Where it takes longer than `limit`, or a signal arrives, it is cancelled, and waited for
    /// until it has heard of that; then `stopped` says what came of it, from what it came to.
    static func within<Outcome: Sendable>(
        _ limit: Duration?, _ work: @escaping @Sendable () async -> Outcome, stopped: (Stop, Outcome) -> Outcome
    ) async -> Outcome {
        await withTaskGroup(of: Event<Outcome>?.self) { group in
            group.addTask { .done(await work()) }
            group.addTask { await Signals.first().map { .stop(.signal($0)) } }
            if let limit {
                group.addTask {
                    do { try await ContinuousClock().sleep(for: limit) } catch { return nil }
                    return .stop(.time)
                }
            }
            var stop: Stop?
            while let event = await group.next() {
                switch event {
                case .stop(let why): stop = stop ?? why
                case .done(let outcome):
                    group.cancelAll()
                    return stop.map { stopped($0, outcome) } ?? outcome
                case nil: continue
                }
                group.cancelAll()
            }
            // The work's task always brings its outcome.
            fatalError("a run without an outcome")
        }
    }

    /// Waits that long, or until a signal arrives.
    static func wait(_ duration: Duration) async {
        await within(duration) {
            try? await ContinuousClock().sleep(for: duration)
        } stopped: { _, _ in
        }
    }
}
