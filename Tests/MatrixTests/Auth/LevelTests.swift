import Testing

@testable import Matrix

@Suite struct LevelFormatTests {
    static let cases: [(JSON, floats: Int?, strings: Int?, integers: Int?)] = [
        (0, 0, 0, 0), (-50, -50, -50, -50), (.integer(.max), .max, .max, .max),
        ("50", 50, 50, nil), (" \t\n+0050 \r", 50, 50, nil), ("-0", 0, 0, nil),
        ("", nil, nil, nil), (" ", nil, nil, nil), ("+", nil, nil, nil), ("+-1", nil, nil, nil), ("- 1", nil, nil, nil),
        ("5 0", nil, nil, nil), ("1_000", nil, nil, nil), ("٥٠", nil, nil, nil), ("50.0", nil, nil, nil),
        ("5e1", nil, nil, nil), ("0x50", nil, nil, nil), ("\u{A0}50", nil, nil, nil),
        ("9223372036854775807", .max, .max, nil), ("9223372036854775808", .max, .max, nil),
        ("-9223372036854775809", .min, .min, nil),
        (.string(Text("1" + String(repeating: "0", count: 99))), .max, .max, nil),
        (.number("50.9"), 50, nil, nil), (.number("-50.9"), -50, nil, nil), (.number("5.114698E4"), 51_146, nil, nil),
        (.number("-0"), 0, nil, nil), (.number("1e300"), .max, nil, nil), (.number("-1e300"), .min, nil, nil),
        (.number("1e-300"), 0, nil, nil), (.number("1e400"), nil, nil, nil), (.number("-1e400"), nil, nil, nil),
        (.number("99999999999999999999"), .max, nil, nil), (.number("-99999999999999999999"), .min, nil, nil),
        (.bool(true), nil, nil, nil), (.null, nil, nil, nil), ([], nil, nil, nil), ([:], nil, nil, nil),
    ]

    @Test(arguments: cases)
    func `reads as a level in each format`(value: JSON, floats: Int?, strings: Int?, integers: Int?) {
        #expect(LevelFormat.floats.level(value) == floats)
        #expect(LevelFormat.strings.level(value) == strings)
        #expect(LevelFormat.integers.level(value) == integers)
    }
}

/// What versions 1 to 9 let into the state, and the specification does not speak of.
@Suite struct MalformedLevelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rule: RuleNumber
        let make: @Sendable (inout AuthScene) -> Void

        init(_ description: String, _ rule: RuleNumber, _ make: @escaping @Sendable (inout AuthScene) -> Void) {
            testDescription = description
            self.rule = rule
            self.make = make
        }
    }

    static let cases = [
        Case("nobody has a level that cannot be read", "4.4.5") {
            $0.setLevel("kick", to: "much")
            $0.member("@creator:a", "leave", of: "@user:a")
        },
        Case("nobody lifts a ban by a level that cannot be read", "4.4.3") {
            $0.setLevel("ban", to: [])
            $0.memberships["@user:a"] = "ban"
            $0.member("@creator:a", "leave", of: "@user:a")
        },
        Case("who has a level that cannot be read has none", "4.3.5") {
            $0.setLevel("users_default", to: "much")
            $0.member("@user:a", "invite", of: "@stranger:b")
        },
        Case("who has a level that cannot be read cannot be kicked", "4.4.5") {
            $0.setLevel("users_default", to: "much")
            $0.member("@creator:a", "leave", of: "@user:a")
        },
        Case("null is as if absent", "4.4.4") {
            $0.setLevel("kick", to: .null)
            $0.setLevel("users_default", to: .null)
            $0.member("@mod:a", "leave", of: "@user:a")
        },
        Case("null for a type is as if absent", "10") {
            $0.setLevel("events", to: ["m.room.message": .null])
        },
        Case("null for all messages cannot be read", "7") { $0.setLevel("events_default", to: .null) },
        Case("null for all state cannot be read", "7") {
            $0.setLevel("state_default", to: .null)
            $0.state("m.room.topic", by: "@creator:a")
        },
        Case("where events is no object nothing is sent", "7") { $0.setLevel("events", to: []) },
        Case("where events is no object members come and go", "4.4.4") {
            $0.setLevel("events", to: [])
            $0.member("@mod:a", "leave", of: "@user:a")
        },
        Case("a level that cannot be read stays as it is: nobody may say what it was", "9.3.1") {
            $0.setLevel("kick", to: "much")
            $0.newLevels(by: "@creator:a") { _ in }
        },
        Case("a level that cannot be read is not added", "9.3.2") {
            $0.newLevels(by: "@creator:a") { $0 = $0.with(["kick"], .null) }
        },
        Case("the first levels may have any that cannot be read, but in users", "9.2") {
            $0.levels = nil
            $0.newLevels(by: "@creator:a") { $0 = ["kick": "much", "events": []] }
        },
        Case("two levels beyond 64 bits are not the same", "9.3.1") {
            $0.setLevel("kick", to: "99999999999999999999")
            $0.newLevels(by: "@creator:a") { $0 = $0.with(["kick"], "99999999999999999998") }
        },
    ]

    @Test(arguments: cases)
    func `is judged with care:`(malformed: Case) {
        var scene = AuthScene(.v6)
        malformed.make(&scene)
        #expect(scene.verdict().rule == malformed.rule)
    }
}
