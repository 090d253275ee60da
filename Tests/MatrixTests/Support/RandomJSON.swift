import Matrix

/// Makes JSON text that is always the same for the same seed: keys in any order, escapes where none are due, white space.
struct RandomJSON: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    // SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func one<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &self)! }

    /// True once in `count` times.
    mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    static let numbers = [
        "0", "1", "-1", "50", "100", "-0", "1.0", "0.5", "1e3", "1E+2", "-2.5e-3", "1e300", "1e-400", "999999999999999",
        "9007199254740991", "9007199254740992", "-9007199254740991", "-9007199254740992", "9223372036854775807",
        "9223372036854775808", "123456789012345678901234567890", "0.1", "1e16", "1e15", "3.0e0",
    ]
    private static let pieces = [
        "a", "b c", "é", "e\u{301}", "🙂", "/", "\u{7F}", "\u{FFFD}", "]", "}", "{\"", ",", ":", "\\", "\"", "\n", "\t",
        "\u{0}",
        "\u{1F}", "\u{2028}", "x=1", "m.room",
    ]

    mutating func space() -> String { chance(6) ? one(of: [" ", "\n", "\t", "\r\n", "  "]) : "" }

    /// `text` as a string of JSON, now and then with more escapes than it needs.
    mutating func quoted(_ text: String) -> String {
        let escapes = chance(4)
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case "\n" where !chance(2): quoted += "\\n"
            case _ where scalar.value < 0x20 || (escapes && chance(3)):
                for unit in UTF16.encode(scalar)! { quoted += "\\u" + hexadecimal(unit) }
            case "/" where chance(2): quoted += "\\/"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private mutating func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16, uppercase: chance(2))
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    mutating func text() -> String {
        (0..<Int.random(in: 0...4, using: &self)).map { _ in one(of: Self.pieces) }.joined()
    }

    /// An object of `members`, each of a key and the JSON text of its value, in any order.
    mutating func object(_ members: [(String, String)]) -> String {
        let members = members.shuffled(using: &self).map { key, value in
            space() + quoted(key) + space() + ":" + space() + value + space()
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    mutating func value(keys: [String], depth: Int = 0) -> String {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 5), using: &self) {
        case 0: return one(of: ["null", "true", "false"])
        case 1: return chance(3) ? one(of: Self.numbers) : String(Int.random(in: -1000...1000, using: &self))
        case 2, 3, 4: return quoted(text())
        case 5:
            let elements = (0..<Int.random(in: 0...4, using: &self)).map { _ in value(keys: keys, depth: depth + 1) }
            return "[" + elements.joined(separator: space() + "," + space()) + space() + "]"
        default: return object(members(keys: keys, depth: depth + 1))
        }
    }

    /// Up to six members of different keys, now and then forty.
    mutating func members(keys: [String], depth: Int = 0) -> [(String, String)] {
        let many = depth < 3 && chance(30)
        let names = many ? (0..<40).map { "key \($0 % 7)\($0)" } : keys.shuffled(using: &self)
        return names.prefix(many ? 40 : Int.random(in: 0...6, using: &self)).map {
            ($0, value(keys: keys, depth: depth))
        }
    }
}
