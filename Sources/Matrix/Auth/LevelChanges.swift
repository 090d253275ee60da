/// What a new power levels event changes of those before it, and which change its sender may not make.
extension AuthCase {
    /// A value that is no longer what it was; nil where it is absent.
    struct LevelChange {
        let name: Text
        let old: JSON?
        let new: JSON?
    }

    static let levelNames: [Text] = [
        "users_default", "events_default", "state_default", "ban", "redact", "kick", "invite",
    ]

    var levelsBefore: JSON.Object { powerLevels ?? JSON.Object() }

    /// The first of the seven single levels whose value before is above the sender's.
    var tooHighBefore: LevelChange? {
        let mine = senderLevel
        return changedLevel { isAbove($0.old, mine) }
    }

    /// The first of the seven single levels whose new value is above the sender's.
    var tooHighNow: LevelChange? {
        let mine = senderLevel
        return changedLevel { isAbove($0.new, mine) }
    }

    func entryTooHighBefore(in maps: [Text]) -> LevelChange? {
        let mine = senderLevel
        return maps.firstNonNil { change(in: $0, isMapWrong: \.old) { isAbove($0.old, mine) } }
    }

    func entryTooHighNow(in maps: [Text]) -> LevelChange? {
        let mine = senderLevel
        return maps.firstNonNil { change(in: $0, isMapWrong: \.new) { isAbove($0.new, mine) } }
    }

    /// The first user but the sender whose level before is not below the sender's.
    var equalTouched: LevelChange? {
        let mine = senderLevel
        return change(in: "users", isMapWrong: \.old) { change in
            guard change.name != sender, let old = change.old else { return false }
            guard let mine, let old = terms.levels.level(old) else { return true }
            return .finite(old) >= mine
        }
    }

    /// "kick: 50 to 100, and @a:b has 50".
    func words(_ change: LevelChange?) -> String {
        guard let change else { return "" }
        func words(_ value: JSON?) -> String {
            guard let value else { return "none" }
            return terms.levels.level(value).map { "\($0)" } ?? "what is no level"
        }
        let has = Self.words(senderLevel)
        return "\(change.name): \(words(change.old)) to \(words(change.new)), and \(event.sender) has \(has)"
    }

    private func changedLevel(_ isForbidden: (LevelChange) -> Bool) -> LevelChange? {
        let before = levelsBefore
        return Self.levelNames.firstNonNil { name in
            let change = LevelChange(name: name, old: before[name], new: event.content[name])
            return isAltered(change) && isForbidden(change) ? change : nil
        }
    }

    /// The first forbidden change among the entries of `map`; the whole map where it is no object, whose entries are
    /// anyone's guess.
    private func change(
        in map: Text,
        isMapWrong side: KeyPath<LevelChange, JSON?>,
        _ isForbidden: (LevelChange) -> Bool
    ) -> LevelChange? {
        let whole = LevelChange(name: map, old: levelsBefore[map], new: event.content[map])
        if let value = whole[keyPath: side], value.object == nil { return whole }
        return Self.pairs(whole.old?.object, whole.new?.object).first { isAltered($0) && isForbidden($0) }
    }

    /// A level that cannot be read counts as altered: what it was nobody can say. So do two beyond 64 bits.
    private func isAltered(_ change: LevelChange) -> Bool {
        guard let old = change.old, let new = change.new else { return change.old != nil || change.new != nil }
        guard let before = terms.levels.level(old), let now = terms.levels.level(new) else { return true }
        return before != now || (before == .max || before == .min) && old != new
    }

    /// Whether `value` is there, and above `mine` or no level.
    private func isAbove(_ value: JSON?, _ mine: PowerLevel?) -> Bool {
        guard let value else { return false }
        guard let mine, let level = terms.levels.level(value) else { return true }
        return .finite(level) > mine
    }

    /// The entries of both, each key once: two sorted lists walked side by side.
    private static func pairs(_ old: JSON.Object?, _ new: JSON.Object?) -> [LevelChange] {
        let old = old?.members ?? []
        let new = new?.members ?? []
        var (i, j) = (0, 0)
        var pairs: [LevelChange] = []
        pairs.reserveCapacity(max(old.count, new.count))
        while i < old.count || j < new.count {
            if j == new.count || i < old.count && old[i].key < new[j].key {
                pairs.append(LevelChange(name: old[i].key, old: old[i].value, new: nil))
                i += 1
            } else if i == old.count || new[j].key < old[i].key {
                pairs.append(LevelChange(name: new[j].key, old: nil, new: new[j].value))
                j += 1
            } else {
                pairs.append(LevelChange(name: old[i].key, old: old[i].value, new: new[j].value))
                (i, j) = (i + 1, j + 1)
            }
        }
        return pairs
    }
}

// Whether a new power levels event is well-formed.
extension AuthCase {
    /// The single levels that are present and none of this version.
    var malformedLevel: Text? {
        Self.levelNames.first { name in event.content[name].map { terms.levels.level($0) == nil } ?? false }
    }

    /// The first of `maps` that is present, and not an object of levels.
    func malformedMap(of maps: [Text]) -> Text? {
        maps.first { map in
            guard let value = event.content[map] else { return false }
            guard case .object(let levels) = value else { return true }
            return levels.members.contains { terms.levels.level($0.value) == nil }
        }
    }

    /// Whether `users` is present, and not an object of levels by user id.
    var areUsersMalformed: Bool {
        malformedMap(of: ["users"]) != nil
            || (event.content["users"]?.object?.members ?? []).contains { UserID($0.key) == nil }
    }

    /// A creator that `users` gives a level to.
    var creatorAmongUsers: Text? {
        guard let create = noting(context.state.create), let users = event.content["users"]?.object else { return nil }
        return users.members.first { terms.creators.contain($0.key, create) }?.key
    }
}

extension Sequence {
    /// What `found` first finds.
    fileprivate func firstNonNil<Found>(_ found: (Element) -> Found?) -> Found? {
        for element in self {
            if let result = found(element) { return result }
        }
        return nil
    }
}
