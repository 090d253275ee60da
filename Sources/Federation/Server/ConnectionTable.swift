#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Until when each connection may go on: libmicrohttpd's own time-out is for silence, and a client that sends a byte now
/// and then is never silent.
final class ConnectionTable: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Entry {
        /// A copy of the connection's socket, which is ours to close: so it can't be another's when it is shut down.
        let socket: CInt
        var deadline: Instant?
    }
    private struct State {
        var entries: [Int: Entry] = [:]
        var isClosed = false
    }
    private let state = Locked(State())

    /// Starts watching. The thread ends when `close` is called.
    func watch() {
        startThread { [self] in
            while shutDownOverdue() { usleep(100_000) }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }

    func open(_ connection: Int, socket: CInt, deadline: Instant) {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        state.withLock { $0.entries[connection] = Entry(socket: copy, deadline: deadline) }
    }

    /// Gives a connection until `deadline`; nil while it waits for us.
    func set(_ connection: Int, deadline: Instant?) {
        state.withLock { $0.entries[connection]?.deadline = deadline }
    }

    func closed(_ connection: Int) {
        let entry = state.withLock { $0.entries.removeValue(forKey: connection) }
        if let entry { Self.close(entry.socket) }
    }

    private static func close(_ socket: CInt) {
        #if canImport(Glibc)
        _ = Glibc.close(socket)
        #else
        _ = Darwin.close(socket)
        #endif
    }

    private func shutDownOverdue() -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            for (connection, entry) in state.entries {
                guard let deadline = entry.deadline, deadline <= now else { continue }
                shutdown(entry.socket, CInt(SHUT_RDWR))
                state.entries[connection]?.deadline = nil
            }
            return !state.isClosed
        }
    }
}
