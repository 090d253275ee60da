/// What `work` gives, a call that blocks on a thread of its own; `otherwise` where the task is cancelled, or `limit` is
/// over, before it has ended.
///
/// Such a call cannot be stopped: it is left to itself then, and what it gives is thrown away.
func abandonable<Output: Sendable>(
    within limit: Duration, otherwise: Output, _ work: @escaping @Sendable () -> Output
) async -> Output {
    await withTaskGroup(of: Output.self) { group in
        group.addTask { await cancellable(otherwise: otherwise, work) }
        group.addTask {
            try? await ContinuousClock().sleep(for: limit)
            return otherwise
        }
        defer { group.cancelAll() }
        return await group.next() ?? otherwise
    }
}

private func cancellable<Output: Sendable>(
    otherwise: Output, _ work: @escaping @Sendable () -> Output
) async -> Output {
    let waiting = Locked<CheckedContinuation<Output, Never>?>(nil)
    let end: @Sendable (Output) -> Void = { output in
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: output)
    }
    return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            waiting.withLock { $0 = continuation }
            // A cancellation that came before there was anything to end was not heard.
            guard !Task.isCancelled else { return end(otherwise) }
            startThread { end(work()) }
        }
    } onCancel: {
        end(otherwise)
    }
}
