/// One node of a room version's rules: what it asks, and what it does where that holds.
///
/// A node has no number of its own: its number is where it stands. A class, as they are gone through for each event.
package final class AuthRule: Sendable {
    typealias Condition = @Sendable (AuthCase) -> Bool
    typealias Facts = @Sendable (AuthCase) -> String

    /// The nodes that a later version takes out, replaces, or puts another one before.
    enum Name: Sendable {
        case createRoom
        case creator
        case createEnd
        case authEvents
        case createNamed
        case aliases
        case join
        case joinOfTheInvited
        case publicJoin
        case ownLeave
        case unknownMembership
        case restrictedJoin
        case knock
        case users
        case firstLevels
        case entriesNow
        case entriesThen
        case redaction
    }

    enum Act: Sendable {
        case group([AuthRule])
        case reject
        case allow
        /// Allows where the condition holds as well, and rejects where it does not.
        case allowOnly(Condition)
    }

    /// In our words: what is wrong for a rule that rejects, else when it applies.
    package let sense: String
    let name: Name?
    let act: Act
    /// Nil for one that always applies.
    let condition: Condition?
    /// What a rejection says beside the sense; made for a rejection only.
    let facts: Facts?

    init(
        _ sense: String,
        as name: Name?,
        _ act: Act,
        if condition: Condition?,
        saying facts: Facts? = nil
    ) {
        self.sense = sense
        self.name = name
        self.act = act
        self.condition = condition
        self.facts = facts
    }

    func with(act: Act? = nil) -> AuthRule {
        AuthRule(sense, as: name, act ?? self.act, if: condition, saying: facts)
    }
}

extension AuthRule {
    static func group(
        as name: Name? = nil,
        _ sense: String,
        if condition: Condition? = nil,
        _ rules: [AuthRule]
    ) -> AuthRule {
        AuthRule(sense, as: name, .group(rules), if: condition)
    }

    static func reject(
        as name: Name? = nil,
        _ sense: String,
        if condition: Condition? = nil,
        saying facts: Facts? = nil
    ) -> AuthRule {
        AuthRule(sense, as: name, .reject, if: condition, saying: facts)
    }

    static func allow(as name: Name? = nil, _ sense: String, if condition: Condition? = nil) -> AuthRule {
        AuthRule(sense, as: name, .allow, if: condition)
    }

    static func allow(
        as name: Name? = nil,
        _ sense: String,
        if condition: Condition? = nil,
        only allowed: @escaping Condition,
        saying facts: Facts? = nil
    ) -> AuthRule {
        AuthRule(sense, as: name, .allowOnly(allowed), if: condition, saying: facts)
    }

    /// Those below it.
    package var children: [AuthRule] { if case .group(let rules) = act { rules } else { [] } }

    /// The same with what `change` makes of those below it.
    func mapping(_ change: ([AuthRule]) -> [AuthRule]) -> AuthRule {
        if case .group(let rules) = act { with(act: .group(change(rules))) } else { self }
    }

    /// Whether it decides, and has nothing below it.
    package var isLeaf: Bool { if case .group = act { false } else { true } }
}
