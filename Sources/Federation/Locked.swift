#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A value that one thread at a time may touch.
///
/// Swift's own `Mutex` would do, but on Linux ThreadSanitizer does not see how it waits, and reports races that are
/// none wherever two threads meet. A value without a size gets such reports here, too: its place is the object's own head.
package final class Locked<Value: Sendable>: @unchecked Sendable {
    // Unchecked: `value` is touched with the mutex held, and nowhere else.
    private var value: Value
    // In memory of its own, since a mutex must not move.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    package init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Calls `body` with the value, which it must not take elsewhere, and must not lock again.
    package func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
