internal import Matrix

/// Which power levels and which join rules hold when: both change at even distances.
struct Timeline: Sendable {
    let powers: Int
    let rules: Int
    let isRestricted: Bool

    /// Where a version allows restricted joins, every second rule is that; before, it is `invite`. The last one lets
    /// our own join in.
    init(_ version: RoomVersion, events: Int) {
        powers = min(max(events / 500, 2), 64)
        isRestricted = version.allowsRestrictedJoins
        rules = isRestricted ? 4 : 3
    }

    func power(at time: Int) -> Int { min(time * powers / Room.span, powers - 1) }
    func rule(at time: Int) -> Int { min(time * rules / Room.span, rules - 1) }
    func powerTime(_ index: Int) -> Int { (Room.span * index + powers - 1) / powers }
    func ruleTime(_ index: Int) -> Int { (Room.span * index + rules - 1) / rules }

    /// Whether anybody may join while that rule holds.
    func isPublic(_ rule: Int) -> Bool { rule % 2 == 0 }

    /// A time at which a rule holds that is public, or is not.
    func time(isPublic: Bool, _ random: inout Random) -> Int {
        let periods = (0..<rules).filter { self.isPublic($0) == isPublic }
        let period = random.pick(periods)
        let begin = max(ruleTime(period), Self.settled)
        let end = period + 1 < rules ? ruleTime(period + 1) : Room.span * 99 / 100
        return begin + random.below(end - begin)
    }

    /// The room's own state is set by then.
    static let settled = 1_000_000
}
