/// What is costly to make, and is for one task at a time: so many as work at once are made.
package final class Pool<Value: Sendable>: Sendable {
    private let idle = Locked<[Value]>([])

    package init() {}

    /// Calls `body` with one that is idle, or else with what `make` makes.
    package func with<Result>(
        or make: @autoclosure () -> Value, _ body: (inout Value) throws -> Result
    ) rethrows -> Result {
        var value = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(value) } }
        return try body(&value)
    }
}
