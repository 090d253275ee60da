/// Work on many things, spread over the cores.
package enum Spread {
    /// Splits `0..<count` into parts, works on them at once, and returns what came of each, in order.
    package static func over<Part: Sendable>(
        _ count: Int, cores: Int, _ work: @escaping @Sendable (Range<Int>) -> Part
    ) async -> [Part] {
        let size = max(64, count / (cores * 8) + 1)
        let parts = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
        guard parts.count > 1 else { return parts.map(work) }
        return await withTaskGroup(of: (Int, Part).self) { group in
            for (i, part) in parts.enumerated() { group.addTask { (i, work(part)) } }
            var done: [(Int, Part)] = []
            for await result in group { done.append(result) }
            return done.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
