/// One node of a room version's rules: what it asks, and what it does where that holds.
///
/// A node has no number of its own: its number is where it stands.
package struct AuthRule: Sendable {
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

    /// `5.3.3`, given by the tree that it stands in.
    package internal(set) var number: Text = ""
    /// In our words: what is wrong for a rule that rejects, else when it applies.
    package let sense: String
    let name: Name?
    var act: Act
    /// Nil for one that always applies.
    let condition: Condition?
    /// What a rejection says beside the sense; made for a rejection only.
    let facts: Facts?
}

extension AuthRule {
    static func group(
        as name: Name? = nil,
        _ sense: String,
        if condition: Condition? = nil,
        _ rules: [AuthRule]
    ) -> AuthRule {
        AuthRule(sense: sense, name: name, act: .group(rules), condition: condition, facts: nil)
    }

    static func reject(
        as name: Name? = nil,
        _ sense: String,
        if condition: Condition? = nil,
        saying facts: Facts? = nil
    ) -> AuthRule {
        AuthRule(sense: sense, name: name, act: .reject, condition: condition, facts: facts)
    }

    static func allow(as name: Name? = nil, _ sense: String, if condition: Condition? = nil) -> AuthRule {
        AuthRule(sense: sense, name: name, act: .allow, condition: condition, facts: nil)
    }

    static func allow(
        as name: Name? = nil,
        _ sense: String,
        if condition: Condition? = nil,
        only allowed: @escaping Condition,
        saying facts: Facts? = nil
    ) -> AuthRule {
        AuthRule(sense: sense, name: name, act: .allowOnly(allowed), condition: condition, facts: facts)
    }

    /// Those below it.
    package var children: [AuthRule] { if case .group(let rules) = act { rules } else { [] } }

    /// Whether it decides, and has nothing below it.
    package var isLeaf: Bool { if case .group = act { false } else { true } }

    func applies(to matter: AuthCase) -> Bool { condition?(matter) ?? true }
}
