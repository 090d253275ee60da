import Foundation
import Testing

@testable import Matrix

@Suite struct AuthExampleTests {
    @Test(arguments: AuthExample.all)
    func `a rule's own number decides over`(example: AuthExample) {
        for version in RoomVersion.all {
            guard let rule = example.rule.number(in: version) else { continue }
            let verdict = example.scene(version).verdict()
            #expect(verdict.rule == rule, "version \(version): \(verdict)")
            #expect(verdict.isAllowed == example.isAllowed, "version \(version): \(verdict)")
        }
    }

    @Test(arguments: RoomVersion.all)
    func `every rule has an event that it decides over, and one that passes it`(version: RoomVersion) {
        var decided: [RuleNumber: Set<Bool>] = [:]
        var passed: Set<RuleNumber> = []
        for (example, _) in AuthExample.of(version) {
            let verdict = example.scene(version).verdict { trial in
                if trial.outcome == .doesNotApply { passed.insert(trial.rule) }
            }
            decided[verdict.rule, default: []].insert(verdict.isAllowed)
        }
        for (number, rule) in version.rules.all {
            #expect(!rule.isLeaf || decided[number] == rule.outcomes, "\(number), \(rule.sense)")
            #expect(rule.condition == nil || passed.contains(number), "\(number), \(rule.sense)")
        }
    }

    @Test(arguments: RoomVersion.all)
    func `every fault of a rule is noticed`(version: RoomVersion) {
        let cases = AuthExample.of(version).map { JudgedExample($0.example, $0.rule, version) }
        for (number, rule) in version.rules.all {
            let missed = AuthMutant.all(of: rule, number, version.rules).filter { !$0.isCaught(by: cases) }.map(\.fault)
            #expect(missed == [], "\(number), \(rule.sense)")
            guard AuthMutant.areListed else { continue }
            let outcome = missed.isEmpty ? "caught" : "NOT CAUGHT: \(missed.joined(separator: ", "))"
            print("version \(version) rule \(number): \(outcome)")
        }
    }
}

/// A version's rules with one of them broken.
struct AuthMutant {
    let fault: String
    let rules: AuthRules

    /// `rule` taken out, and without its condition where it has one.
    static func all(of rule: AuthRule, _ number: RuleNumber, _ rules: AuthRules) -> [AuthMutant] {
        let without = AuthMutant(fault: "taken out", rules: rules.mutated(number, \.neverApplied))
        guard rule.condition != nil else { return [without] }
        return [without, AuthMutant(fault: "always applied", rules: rules.mutated(number, \.unconditional))]
    }

    func isCaught(by cases: [JudgedExample]) -> Bool {
        cases.contains { example in
            let verdict = rules.judge(example.event, example.context)
            return verdict.rule != example.rule || verdict.isAllowed != example.isAllowed
        }
    }

    /// Whether tools/mutate_rules.sh asks for a line of each rule.
    static let areListed = ProcessInfo.processInfo.environment["MUTATE_RULES"] != nil
}

/// An example made ready, as it is judged by many rules.
struct JudgedExample {
    let event: AuthEvent
    let context: AuthContext
    let rule: RuleNumber
    let isAllowed: Bool

    init(_ example: AuthExample, _ rule: RuleNumber, _ version: RoomVersion) {
        let scene = example.scene(version)
        event = scene.event
        context = scene.context(for: event)
        self.rule = rule
        isAllowed = example.isAllowed
    }
}

extension AuthRule {
    fileprivate var unconditional: AuthRule { AuthRule(sense, as: name, act, if: nil, saying: facts) }

    /// As if it were not there, and with those after it where they were.
    fileprivate var neverApplied: AuthRule { AuthRule(sense, as: name, .reject, if: { _ in false }) }

    /// The verdicts that it can give.
    fileprivate var outcomes: Set<Bool> {
        switch act {
        case .group: []
        case .reject: [false]
        case .allow: [true]
        case .allowOnly: [true, false]
        }
    }
}
