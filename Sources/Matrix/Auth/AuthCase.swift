/// One event and what it is judged by, as the rules ask about it.
struct AuthCase {
    let event: AuthEvent
    let context: AuthContext
    let terms: AuthTerms
    /// Gets the events that are looked at; nil while nobody asks.
    let notes: AuthNotes?

    var sender: Text { event.sender.text }
    /// The user whom a member event is about.
    var target: Text { event.stateKey ?? "" }

    func noting(_ event: AuthEvent?) -> AuthEvent? {
        if let notes, let event { notes.add(event) }
        return event
    }

    func state(_ kind: AuthEvent.Kind, _ key: Text = "") -> AuthEvent? { noting(context.state.event(kind, key)) }
}

extension AuthCase {
    /// The user's membership before the event; nil where there never was one.
    func membership(_ user: Text) -> AuthEvent.Membership? { state(.member, user)?.membership }

    var isSenderJoined: Bool { membership(sender) == .join }

    func isTarget(_ memberships: AuthEvent.Membership...) -> Bool {
        guard let membership = membership(target) else { return false }
        return memberships.contains(membership)
    }

    /// `invite` where there is no rule, or none is named; nil where it is no string, which is like no rule that we know.
    var joinRule: Text? {
        guard let rule = state(.joinRules)?.content["join_rule"] else { return "invite" }
        return rule.text
    }

    func isJoinRule(_ rules: [Text]) -> Bool {
        guard let joinRule else { return false }
        return rules.contains(joinRule)
    }

    /// What of `membership` is said in a reason.
    func standing(_ user: Text) -> String {
        switch membership(user) {
        case nil: "\(user) was never in it"
        case .join: "\(user) is in it"
        case .invite: "\(user) is invited"
        case .leave: "\(user) has left"
        case .ban: "\(user) is banned"
        case .knock: "\(user) has knocked"
        case .unknown: "\(user) has no membership that we know"
        }
    }
}

// The levels that the rules compare. One that cannot be read is nil, and nil never suffices: neither for who has it nor
// for who has to have it. Such a level passes the rules before version 10 anywhere but in `users`.
extension AuthCase {
    var powerLevels: JSON.Object? { state(.powerLevels)?.content }

    var senderLevel: PowerLevel? { level(sender) }
    var targetLevel: PowerLevel? { level(target) }

    func level(_ user: Text) -> PowerLevel? {
        if terms.creators.areAboveAll, let create = context.state.create, terms.creators.contain(user, create) {
            _ = noting(create)
            return .infinite
        }
        guard let powerLevels else {
            guard let create = noting(context.state.create) else { return .finite(0) }
            return .finite(terms.creators.contain(user, create) ? 100 : 0)
        }
        return entry("users", user, of: powerLevels, else: level("users_default", 0, of: powerLevels))
    }

    var inviteLevel: PowerLevel? { level("invite", 0) }
    var kickLevel: PowerLevel? { level("kick", 50) }
    var banLevel: PowerLevel? { level("ban", 50) }
    var redactLevel: PowerLevel? { level("redact", 50) }

    /// What the event's type requires ("Required Power Level").
    var requiredLevel: PowerLevel? {
        let isState = event.stateKey != nil
        guard let powerLevels else { return .finite(isState ? 50 : 0) }
        let ordinary =
            isState
            ? level("state_default", 50, of: powerLevels, isNullAbsent: false)
            : level("events_default", 0, of: powerLevels, isNullAbsent: false)
        return entry("events", event.type, of: powerLevels, else: ordinary)
    }

    private func level(_ name: Text, _ usual: Int) -> PowerLevel? {
        guard let powerLevels else { return .finite(usual) }
        return level(name, usual, of: powerLevels)
    }

    /// As Synapse reads them, null is as if absent, but for the two of `requiredLevel`.
    private func level(
        _ name: Text,
        _ usual: Int,
        of content: JSON.Object,
        isNullAbsent: Bool = true
    ) -> PowerLevel? {
        guard let value = content[name], value != .null || !isNullAbsent else { return .finite(usual) }
        return terms.levels.level(value).map { .finite($0) }
    }

    private func entry(
        _ map: Text,
        _ key: Text,
        of content: JSON.Object,
        else usual: @autoclosure () -> PowerLevel?
    ) -> PowerLevel? {
        guard let map = content[map] else { return usual() }
        guard case .object(let levels) = map else { return nil }
        guard let value = levels[key], value != .null else { return usual() }
        return terms.levels.level(value).map { .finite($0) }
    }

    /// Whether `level` is at least `required`.
    func suffices(_ level: PowerLevel?, for required: PowerLevel?) -> Bool {
        guard let level, let required else { return false }
        return level >= required
    }

    var isTargetBelowSender: Bool {
        guard let senderLevel, let targetLevel else { return false }
        return targetLevel < senderLevel
    }

    static func words(_ level: PowerLevel?) -> String { level.map { "\($0)" } ?? "a level that cannot be read" }

    /// "@a:b has 0, 50 is required".
    func lacks(_ required: PowerLevel?, for purpose: String) -> String {
        "\(event.sender) has \(Self.words(senderLevel)), and \(purpose) requires \(Self.words(required))"
    }
}
