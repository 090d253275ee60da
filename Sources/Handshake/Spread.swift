/// Work on many things, spread over the cores.
package enum Spread {
    /// So many things at most are worked on where the caller is.
    private static let few = 64

    /// Splits `0..<count` into parts, works on them at once, and returns what came of each, in order.
    package static func over<Part: Sendable>(
        _ count: Int, cores: Int, _ work: @escaping @Sendable (Range<Int>) -> Part
    ) async -> [Part] {
        let size = max(few, count / (cores * 8) + 1)
        let parts = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
        guard parts.count > 1 else { return parts.map(work) }
        return await apart {
            await withTaskGroup(of: (Int, Part).self) { group in
                for (i, part) in parts.enumerated() { group.addTask { (i, work(part)) } }
                var done: [(Int, Part)] = []
                for await result in group { done.append(result) }
                return done.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
    }

    /// Does `work` on so many things: where they are many apart, else where the caller is.
    static func apart<Output: Sendable, Fault: Error>(
        _ count: Int, _ work: @escaping @Sendable () async throws(Fault) -> Output
    ) async throws(Fault) -> Output {
        guard count > few else { return try await work() }
        return try await apart(work)
    }

    /// Does `work` on Swift's own threads, since whatever else waits its turn on the caller's, such as the signal that is
    /// to end the work, would have to wait for it.
    static func apart<Output: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () async throws(Fault) -> Output
    ) async throws(Fault) -> Output {
        try await withTaskExecutorPreference(globalConcurrentExecutor) {
            // A task that is at work stays where it is, whatever it is told to prefer: this one begins after.
            async let result = outcome(of: work)
            return await result
        }.get()
    }

    private static func outcome<Output: Sendable, Fault: Error>(
        of work: @Sendable () async throws(Fault) -> Output
    ) async -> Result<Output, Fault> {
        do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
    }
}
