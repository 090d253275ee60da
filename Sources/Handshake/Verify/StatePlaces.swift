internal import Matrix

/// Where the state of each type and key stands in a room's list of events.
struct StatePlaces: Sendable {
    private var places: [AuthSelection.Key: Int] = [:]
    /// The other places of what stands there twice.
    private var doubles: [(key: AuthSelection.Key, place: Int)] = []

    /// For up to `count` of them.
    init(_ count: Int) { places.reserveCapacity(count) }

    /// Adds one, and gives another of the same key that is there already.
    mutating func add(_ place: Int, _ key: AuthSelection.Key) -> Int? {
        guard let other = places.updateValue(place, forKey: key) else { return nil }
        doubles.append((key, other))
        return other
    }

    /// The places of the state of `keys`, in order.
    subscript(keys: [AuthSelection.Key]) -> [Int] {
        let others = doubles.lazy.filter { keys.contains($0.key) }.map(\.place)
        return (keys.compactMap { places[$0] } + others).sorted()
    }
}
