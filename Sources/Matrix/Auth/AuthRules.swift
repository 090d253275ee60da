/// The authorisation rules of a room version: a tree, read from top to bottom until one decides.
package struct AuthRules: Sendable {
    /// The version whose text numbers them so.
    package let version: Text
    package private(set) var tree: [AuthRule]
    /// What the rules' words mean, where that differs between versions.
    package internal(set) var terms = AuthTerms()

    init(_ version: Text, _ tree: [AuthRule]) {
        self.version = version
        self.tree = tree
    }

    /// These rules with `change` made to them.
    func changed(to version: Text, _ change: (inout AuthRules) -> Void) -> AuthRules {
        var rules = AuthRules(version, tree)
        rules.terms = terms
        change(&rules)
        return rules
    }

    /// The same in memory of its own: of what several cores work with at once, each waits for the others to count its
    /// references.
    package var copy: AuthRules {
        func copy(_ rules: [AuthRule]) -> [AuthRule] { rules.map { $0.with().mapping(copy) } }
        var rules = self
        rules.tree = copy(tree)
        return rules
    }
}

/// What differs between versions without being a rule of its own.
package struct AuthTerms: Sendable {
    package internal(set) var levels = LevelFormat.floats
    package internal(set) var creators = RoomCreators.named
    package internal(set) var selection = AuthSelection()
}

extension AuthRules: Hashable {
    /// Two of one version are the same.
    package static func == (left: AuthRules, right: AuthRules) -> Bool { left.version == right.version }
    package func hash(into hasher: inout Hasher) { hasher.combine(version) }
}

extension AuthRules {
    mutating func remove(_ name: AuthRule.Name) {
        edit(name) { rules, at in rules.remove(at: at) }
    }

    mutating func replace(_ name: AuthRule.Name, with rule: AuthRule) {
        edit(name) { rules, at in rules[at] = rule }
    }

    mutating func insert(_ rule: AuthRule, before name: AuthRule.Name) {
        edit(name) { rules, at in rules.insert(rule, at: at) }
    }

    /// All of them in their order, each before those below it, and where each stands.
    package var all: [(number: RuleNumber, rule: AuthRule)] {
        func all(_ rules: [AuthRule], below number: RuleNumber) -> [(RuleNumber, AuthRule)] {
            rules.enumerated().flatMap { i, rule in
                [(number.below(i), rule)] + all(rule.children, below: number.below(i))
            }
        }
        return all(tree, below: .top)
    }

    /// These rules with `change` made to the one of that number: a fault that a test has to notice.
    func mutated(_ number: RuleNumber, _ change: (AuthRule) -> AuthRule) -> AuthRules {
        func mutated(_ rules: [AuthRule], below parent: RuleNumber) -> [AuthRule] {
            rules.enumerated().map { i, rule in
                let place = parent.below(i)
                return place == number ? change(rule) : rule.mapping { mutated($0, below: place) }
            }
        }
        var rules = self
        rules.tree = mutated(tree, below: .top)
        return rules
    }

    private mutating func edit(_ name: AuthRule.Name, _ change: (inout [AuthRule], Int) -> Void) {
        let isFound = Self.edit(&tree, name, change)
        precondition(isFound, "version \(version) has no rule \(name)")
    }

    private static func edit(
        _ rules: inout [AuthRule],
        _ name: AuthRule.Name,
        _ change: (inout [AuthRule], Int) -> Void
    ) -> Bool {
        if let at = rules.firstIndex(where: { $0.name == name }) {
            change(&rules, at)
            return true
        }
        for i in rules.indices {
            guard case .group(var children) = rules[i].act, edit(&children, name, change) else { continue }
            rules[i] = rules[i].with(act: .group(children))
            return true
        }
        return false
    }
}
