extension AuthRules {
    /// Judges `event`, which the version's format was checked of before.
    ///
    /// `trace` gets each rule as it is tried; it costs nothing where it is nil.
    package func judge(
        _ event: AuthEvent,
        _ context: AuthContext,
        trace: ((AuthTrial) -> Void)? = nil
    ) -> AuthVerdict {
        let matter = AuthCase(event: event, context: context, terms: terms, notes: nil)
        return Self.judge(tree, below: .top, matter, trace)
            ?? .rejected(AuthRejection(rule: .top, reason: "no rule decides", deciding: []))
    }

    private static func judge(
        _ rules: [AuthRule],
        below parent: RuleNumber,
        _ matter: AuthCase,
        _ trace: ((AuthTrial) -> Void)?
    ) -> AuthVerdict? {
        for (i, rule) in rules.enumerated() {
            let outcome = rule.outcome(of: matter)
            if let trace { trace(AuthTrial(rule: parent.below(i), sense: rule.sense, outcome: outcome)) }
            switch outcome {
            case .doesNotApply: continue
            case .allows: return .allowed(by: parent.below(i))
            case .rejects: return .rejected(rejection(by: i, of: rules, parent.below(i), matter))
            case .entered:
                if let verdict = judge(rule.children, below: parent.below(i), matter, trace) { return verdict }
            }
        }
        return nil
    }

    private static func rejection(
        by at: Int, of rules: [AuthRule], _ number: RuleNumber, _ matter: AuthCase
    ) -> AuthRejection {
        let rule = rules[at]
        let facts = rule.facts.map { ": " + $0(matter) } ?? ""
        return AuthRejection(
            rule: number,
            reason: rule.sense + facts,
            deciding: deciding(at, of: rules, matter)
        )
    }

    /// The events that the rule looked at; for a rule that only says "otherwise", those that the rules beside it looked
    /// at, which would have allowed the event.
    private static func deciding(_ at: Int, of rules: [AuthRule], _ matter: AuthCase) -> [EventID] {
        let notes = AuthNotes()
        let noted = AuthCase(event: matter.event, context: matter.context, terms: matter.terms, notes: notes)
        _ = rules[at].outcome(of: noted)
        if rules[at].condition == nil, notes.ids.isEmpty {
            for rule in rules[..<at] where !rule.isRejection { _ = rule.outcome(of: noted) }
        }
        return notes.ids
    }
}

extension AuthRule {
    fileprivate func outcome(of matter: AuthCase) -> AuthTrial.Outcome {
        if let condition, !condition(matter) { return .doesNotApply }
        switch act {
        case .group: return .entered
        case .reject: return .rejects
        case .allow: return .allows
        case .allowOnly(let isAllowed): return isAllowed(matter) ? .allows : .rejects
        }
    }

    fileprivate var isRejection: Bool { if case .reject = act { true } else { false } }
}

/// The events that a rule looks at, each once.
final class AuthNotes {
    private(set) var ids: [EventID] = []

    func add(_ event: AuthEvent) {
        if !ids.contains(event.id) { ids.append(event.id) }
    }
}
