internal import Federation
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The signals by which a person or a supervisor ends a run: Ctrl-C, `kill`, a terminal that is gone.
///
/// They are caught from the first wait on until `release`. The first that arrives meanwhile ends every wait, also one that
/// begins later; a second one has its usual effect.
enum Signals {
    private static let names = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")]

    private struct State {
        var arrived: Int32?
        var waiting: AsyncStream<Int32>.Continuation?
    }

    private static let state = Locked(State())

    /// The end of a pipe that the handler writes to: little else is allowed where a signal interrupts whatever is at work.
    private static let bell = Atomic<Int32>(-1)

    /// Those that are caught, once for all waits: taken up and put down for each, one that arrives in between is lost.
    private static let caught: [Int32] = {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return [] }
        bell.store(ends[1], ordering: .relaxed)
        let end = ends[0]
        startThread { listen(end) }
        return names.map(\.0).filter(catches)
    }()

    static func name(_ number: Int32) -> String { names.first { $0.0 == number }?.1 ?? "signal \(number)" }

    /// Lets them arrive, whoever started us: one that starts us on a thread of its own may have them blocked there.
    static func unblock() { maskSignals(SIG_UNBLOCK, names.map(\.0)) }

    /// The first that arrives, or has arrived; nil where the task is cancelled before. One wait at a time.
    static func first() async -> Int32? {
        let (arriving, continuation) = AsyncStream.makeStream(of: Int32.self)
        _ = caught
        state.withLock {
            $0.waiting = continuation
            if let number = $0.arrived { continuation.yield(number) }
        }
        defer { state.withLock { $0.waiting = nil } }
        for await number in arriving { return number }
        return nil
    }

    /// Says that nobody waits for one any more.
    static func release() { for number in caught { signal(number, SIG_DFL) } }

    /// Catches it once. False where it is ignored since before our start, as SIGHUP is under nohup: that stays so.
    private static func catches(_ number: Int32) -> Bool {
        let before = signal(number) { number in
            signal(number, SIG_DFL)
            Signals.ring(number)
        }
        let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        if isIgnored { signal(number, SIG_IGN) }
        return !isIgnored
    }

    private static func ring(_ number: Int32) {
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(bell.load(ordering: .relaxed), &byte, 1)
        errno = before
    }

    /// Waits, on a thread of its own, for what the handler writes.
    private static func listen(_ end: Int32) {
        var byte: UInt8 = 0
        while read(end, &byte, 1) != 1 {}
        release()
        let number = Int32(byte)
        state.withLock {
            $0.arrived = number
            $0.waiting?.yield(number)
        }
    }
}
