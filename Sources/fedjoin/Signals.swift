internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The signals by which a person or a supervisor ends a run: Ctrl-C, `kill`, a terminal that is gone.
enum Signals {
    private static let names = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")]

    /// Those that are not ignored since before our start, as SIGHUP is under nohup: that stays so.
    private static let caught = names.map(\.0).filter { number in
        let before = catchEarly(number)
        let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        if isIgnored { signal(number, SIG_IGN) }
        return !isIgnored
    }

    /// One that arrived before anything waited for it; 0 for none.
    private static let early = Atomic<Int32>(0)

    /// Until its source is at work, which is a while on a machine that has much to do, a signal that is ignored is lost.
    @discardableResult
    private static func catchEarly(_ number: Int32) -> (@convention(c) (Int32) -> Void)? {
        // Made here, and not where a signal interrupts whatever is at work.
        _ = early.load(ordering: .relaxed)
        return signal(number) { Signals.early.store($0, ordering: .relaxed) }
    }

    static func name(_ number: Int32) -> String { names.first { $0.0 == number }?.1 ?? "signal \(number)" }

    /// The first that arrives from now on; nil where the task is cancelled before. A second one has its usual effect.
    static func first() async -> Int32? {
        let (arriving, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = caught.map { source($0, continuation) }
        defer {
            for source in sources { source.cancel() }
            // Nobody waits for one any more.
            for number in caught { signal(number, SIG_DFL) }
        }
        for await number in arriving { return number }
        return nil
    }

    private static func source(
        _ number: Int32, _ continuation: AsyncStream<Int32>.Continuation
    ) -> any DispatchSourceSignal {
        catchEarly(number)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setRegistrationHandler {
            let taken = early.compareExchange(expected: number, desired: 0, ordering: .relaxed)
            guard taken.exchanged else { return }
            signal(number, SIG_DFL)
            continuation.yield(number)
        }
        source.setEventHandler {
            signal(number, SIG_DFL)
            continuation.yield(number)
        }
        source.resume()
        return source
    }
}
