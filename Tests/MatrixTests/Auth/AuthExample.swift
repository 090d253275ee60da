import Testing

@testable import Matrix

/// An event, and what the rules of each version say of it.
struct AuthExample: Sendable, CustomTestStringConvertible {
    let name: String
    let isAllowed: Bool
    let rule: RuleNumbers
    let make: @Sendable (inout AuthScene) -> Void

    static func refused(
        _ rule: RuleNumbers,
        _ name: String,
        _ make: @escaping @Sendable (inout AuthScene) -> Void
    ) -> AuthExample {
        AuthExample(name: name, isAllowed: false, rule: rule, make: make)
    }

    static func allowed(
        _ rule: RuleNumbers,
        _ name: String,
        _ make: @escaping @Sendable (inout AuthScene) -> Void
    ) -> AuthExample {
        AuthExample(name: name, isAllowed: true, rule: rule, make: make)
    }

    var testDescription: String { name }

    /// Those of all versions in which they decide something.
    static let all =
        create + named + aliases + join + restricted + invite + thirdParty + leaveAndBan + knock + others
        + levels + levelChanges

    func scene(_ version: RoomVersion) -> AuthScene {
        var scene = AuthScene(version)
        make(&scene)
        return scene
    }

    static func of(_ version: RoomVersion) -> [(example: AuthExample, rule: RuleNumber)] {
        all.compactMap { example in example.rule.number(in: version).map { (example, $0) } }
    }
}

extension RuleNumber: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self = text.split(separator: ".").reduce(.top) { $0.below(Int($1)! - 1) }
    }
}

/// One rule's number by version: `1:5.2 6:4.2 12:-` is 5.2 up to version 5, 4.2 up to 11, and none from 12 on.
struct RuleNumbers: Sendable, ExpressibleByStringLiteral {
    private let numbers: [(from: Int, number: String?)]

    init(stringLiteral text: String) {
        numbers = text.split(separator: " ").map { part in
            let pair = part.split(separator: ":")
            return (Int(pair[0])!, pair[1] == "-" ? nil : String(pair[1]))
        }
    }

    private init(_ numbers: [(from: Int, number: String?)]) { self.numbers = numbers }

    func number(in version: RoomVersion) -> RuleNumber? {
        numbers.last { $0.from <= Int(version.id.string)! }?.number.map { RuleNumber(stringLiteral: $0) }
    }

    /// The numbers of a rule below this one.
    static func / (section: RuleNumbers, rule: String) -> RuleNumbers {
        RuleNumbers(section.numbers.map { ($0.from, $0.number.map { "\($0).\(rule)" }) })
    }

    /// The same below `version`, and none from it on.
    func below(_ version: Int) -> RuleNumbers { RuleNumbers(numbers.filter { $0.from < version } + [(version, nil)]) }

    func from(_ version: Int) -> RuleNumbers {
        let begun = numbers.last { $0.from <= version }.map { [(from: version, number: $0.number)] } ?? []
        return RuleNumbers(begun + numbers.filter { $0.from > version })
    }

    static let named: RuleNumbers = "1:2 12:3"
    static let member: RuleNumbers = "1:5 6:4 12:5"
    static let join: RuleNumbers = "1:5.2 6:4.2 8:4.3 12:5.3"
    static let invite: RuleNumbers = "1:5.3 6:4.3 8:4.4 12:5.4"
    static let leave: RuleNumbers = "1:5.4 6:4.4 8:4.5 12:5.5"
    static let ban: RuleNumbers = "1:5.5 6:4.5 8:4.6 12:5.6"
    static let knock: RuleNumbers = "7:4.6 8:4.7 12:5.7"
    static let unknownMembership: RuleNumbers = "1:5.6 6:4.6 7:4.7 8:4.8 12:5.8"
    static let publicJoin: RuleNumbers = "1:5.2.5 6:4.2.5 8:4.3.6 12:5.3.6"
    static let noJoin: RuleNumbers = "1:5.2.6 6:4.2.6 8:4.3.7 12:5.3.7"
    static let notJoined: RuleNumbers = "1:6 6:5 12:6"
    static let thirdParty: RuleNumbers = "1:7.1 6:6.1 12:7.1"
    static let typeLevel: RuleNumbers = "1:8 6:7 12:8"
    static let othersKey: RuleNumbers = "1:9 6:8 12:9"
    static let last: RuleNumbers = "1:12 3:11 6:10 12:11"

    static let users: RuleNumbers = "1:10.1 6:9.1 10:9.3 12:10.3"
    static let firstLevels: RuleNumbers = "1:10.2 6:9.2 10:9.4 12:10.5"
    static let single: RuleNumbers = "1:10.3 6:9.3 10:9.5 12:10.6"
    static let entryThen: RuleNumbers = "1:10.4.1 6:9.4.1 10:9.6.1 12:10.7.1"
    static let entryNow: RuleNumbers = "1:10.5.1 6:9.5.1 10:9.7.1 12:10.8.1"
    static let userThen: RuleNumbers = "1:10.6.1 6:9.6.1 10:9.8.1 12:10.9.1"
    static let userNow: RuleNumbers = "1:10.7.1 6:9.7.1 10:9.9.1 12:10.10.1"
    static let newLevels: RuleNumbers = "1:10.8 6:9.8 10:9.10 12:10.11"
}
