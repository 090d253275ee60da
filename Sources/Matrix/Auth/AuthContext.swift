/// The state that an event is judged by: few events, looked up one after the other.
package struct AuthState: Sendable {
    package let events: [AuthEvent]
    /// The room's create event, be it one of `events` or not.
    package let create: AuthEvent?

    package init(_ events: [AuthEvent], create: AuthEvent? = nil) {
        self.events = events
        self.create = create ?? events.first { $0.isState(.create, "") }
    }

    /// The event that sets (`kind`, `key`).
    func event(_ kind: AuthEvent.Kind, _ key: Text) -> AuthEvent? {
        for event in events where event.isState(kind, key) { return event }
        return nil
    }
}

/// What an event is judged by, beside itself.
package struct AuthContext: Sendable {
    package let state: AuthState
    /// The events that `auth_events` names; nil where a room's state is judged by, and the rule of them was tried before.
    package let named: [AuthEvent]?
    /// Those of `named`, and the create event, that were rejected themselves: as a rule none.
    package let rejected: [EventID]
    /// Whether the server of `join_authorised_via_users_server`'s user has validly signed the event; asked for only
    /// where the event names one.
    package let isSignedByAuthoriser: Bool

    /// By the events that it names itself. From room version 12 on these are without the create event, which is
    /// `create`: the event that the room id is the hash of.
    package init(
        authEvents: [AuthEvent],
        create: AuthEvent? = nil,
        rejected: [EventID] = [],
        isSignedByAuthoriser: Bool
    ) {
        state = AuthState(authEvents, create: create)
        named = authEvents
        self.rejected = rejected
        self.isSignedByAuthoriser = isSignedByAuthoriser
    }

    /// By a room's state, or the part of it that `AuthSelection` names.
    package init(state: AuthState, rejected: [EventID] = [], isSignedByAuthoriser: Bool) {
        self.state = state
        named = nil
        self.rejected = rejected
        self.isSignedByAuthoriser = isSignedByAuthoriser
    }
}

/// What the rules say of an event.
package enum AuthVerdict: Sendable, Hashable {
    /// By the rule of that number.
    case allowed(by: RuleNumber)
    case rejected(AuthRejection)

    package var isAllowed: Bool { if case .allowed = self { true } else { false } }

    /// The number of the rule that decided.
    package var rule: RuleNumber {
        switch self {
        case .allowed(let rule): rule
        case .rejected(let rejection): rejection.rule
        }
    }
}

/// Which rule refuses an event, and why.
package struct AuthRejection: Error, Sendable, Hashable, CustomStringConvertible {
    /// Above all rules where none decides.
    package let rule: RuleNumber
    package let reason: String
    /// The events of the state, or of those named, that decided.
    package let deciding: [EventID]

    package var description: String { "rule \(rule): \(reason)" }
}

/// One rule as it was tried.
package struct AuthTrial: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case doesNotApply
        /// It applies, and the rules below it come next.
        case entered
        case allows
        case rejects
    }

    package let rule: RuleNumber
    package let sense: String
    package let outcome: Outcome
}
