#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Runs `body` on a thread of its own: for calls that block, of which Swift's own few threads must be kept free.
///
/// SIGPIPE is blocked on it: writing to a connection that the other side closed is an error there, not the end.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    #if canImport(Glibc)
    var thread = pthread_t()
    let failure = pthread_create(
        &thread,
        nil,
        { box in
            if let box { Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().run() }
            return nil
        },
        box
    )
    if failure == 0 { pthread_detach(thread) }
    #else
    var thread: pthread_t?
    let failure = pthread_create(
        &thread,
        nil,
        { box in
            Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().run()
            return nil
        },
        box
    )
    if let thread { pthread_detach(thread) }
    #endif
    precondition(failure == 0, "no thread: \(String(cString: strerror(failure)))")
}

/// Blocks signals on the thread that calls it, or lets them arrive there: `how` is SIG_BLOCK or SIG_UNBLOCK.
package func maskSignals(_ how: Int32, _ numbers: [Int32]) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(how, &signals, nil)
}

private final class ThreadBody: Sendable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func run() {
        maskSignals(SIG_BLOCK, [SIGPIPE])
        body()
    }
}
