/// How a number stands in canonical JSON (appendices, "Canonical JSON": integers in -(2^53-1)...2^53-1).
enum CanonicalNumber {
    static let largest = 9_007_199_254_740_991

    /// The canonical text of `value`, which is a number, or nil where it has none; as written where `rule` is nil.
    static func text(of value: JSON, _ rule: CanonicalJSON.Numbers?) -> String? {
        switch (value, rule) {
        case (.integer(let integer), .strict), (.integer(let integer), .exact):
            integer.magnitude <= UInt(largest) ? String(integer) : nil
        case (.number(let text), .exact): exactInteger(text).map { String($0) }
        case (.number, .strict): nil
        case (.number(let text), .lenient): asPython(text)
        default: written(value).string
        }
    }

    static func written(_ value: JSON) -> Text {
        switch value {
        case .integer(let integer): Text(String(integer))
        case .number(let text): text
        default: ""
        }
    }

    /// The integer that `text` denotes exactly, by decimal arithmetic: no number is rounded on its way to a signature.
    private static func exactInteger(_ text: Text) -> Int? {
        let isNegative = text.hasPrefix("-")
        let parts = text.utf8.drop { $0 == UInt8(ascii: "-") }.split { $0 | 0x20 == UInt8(ascii: "e") }
        guard let mantissa = parts.first else { return nil }
        var digits = mantissa.filter { $0 != UInt8(ascii: ".") }.map { Int($0) - 0x30 }
        let fraction = mantissa.firstIndex(of: UInt8(ascii: ".")).map { mantissa[$0...].count - 1 } ?? 0
        guard digits.contains(where: { $0 != 0 }) else { return 0 }
        guard let exponent = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) : 0 else { return nil }
        let (shift, overflows) = exponent.subtractingReportingOverflow(fraction)
        guard !overflows, shift <= 16 else { return nil }
        var toDrop = shift
        while toDrop < 0, digits.last == 0 {
            digits.removeLast()
            toDrop += 1
        }
        guard toDrop >= 0 else { return nil }
        digits += Array(repeating: 0, count: toDrop)
        let magnitude = digits.drop { $0 == 0 }
        guard magnitude.count <= 16 else { return nil }
        let value = magnitude.reduce(0) { $0 * 10 + $1 }
        return value > largest ? nil : isNegative ? -value : value
    }

    /// The number as Python's `json` writes what it reads: long integers whole, others as the shortest text of the
    /// nearest double, which is what Swift's description of one is, too.
    private static func asPython(_ text: Text) -> String? {
        let isInteger = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        if isInteger { return text == "-0" ? "0" : text.string }
        guard let value = Double(text.string), value.isFinite else { return nil }
        return value.description
    }
}
