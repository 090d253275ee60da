/// How long a whole run may take.
enum TimeLimit {
    /// What `work` comes to, or what `late` makes where it takes longer than `limit`: then it is cancelled, and waited
    /// for until it has heard of that.
    static func within<Outcome: Sendable>(
        _ limit: Duration?, _ work: @escaping @Sendable () async -> Outcome, late: () -> Outcome
    ) async -> Outcome {
        guard let limit else { return await work() }
        let done = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await ContinuousClock().sleep(for: limit)
                return nil
            }
            let first: Outcome? = await group.next().flatMap(\.self)
            group.cancelAll()
            if first == nil { _ = await group.next() }
            return first
        }
        return done ?? late()
    }
}
