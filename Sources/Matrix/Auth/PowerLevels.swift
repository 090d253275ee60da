/// A power level, or the one above them all that creators have from room version 12 on.
package enum PowerLevel: Sendable, Hashable, Comparable, CustomStringConvertible {
    case finite(Int)
    case infinite

    package var description: String {
        switch self {
        case .finite(let level): "\(level)"
        case .infinite: "infinite"
        }
    }
}

/// How a room version writes power levels.
package enum LevelFormat: Sendable, Hashable {
    /// Integers, strings of one, and other numbers, of which what is behind the point falls away: versions 1 to 5.
    case floats
    /// Integers and strings of one: versions 6 to 9.
    case strings
    /// From version 10 on.
    case integers

    /// The level that `value` stands for, or nil where it is none. Levels beyond 64 bits are the largest or the
    /// smallest of them: an order that no room depends on.
    package func level(_ value: JSON) -> Int? {
        switch (value, self) {
        case (.integer(let level), _): level
        case (.string(let text), .floats), (.string(let text), .strings): text.withBytes(Self.integer)
        case (.number(let text), .floats): Self.truncated(text)
        default: nil
        }
    }

    /// "An integer in a string": white space around it, one sign, any number of zeros, and digits alone, which is less
    /// than Python's `int` takes ("1_000", digits of other scripts).
    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var digits = bytes[...]
        while let first = digits.first, isSpace(first) { digits.removeFirst() }
        while let last = digits.last, isSpace(last) { digits.removeLast() }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty else { return nil }
        var level = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let digit = Int(byte - 0x30)
            level = level.multipliedClamped(by: 10).addingClamped(isNegative ? -digit : digit)
        }
        return level
    }

    /// Space, and the control characters from tab to carriage return.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// A number in digits alone exactly, any other one as the double that it is; nil beyond what a double can hold.
    private static func truncated(_ number: Text) -> Int? {
        if let level = number.withBytes(integer) { return level }
        guard let value = Double(number.string), value.isFinite else { return nil }
        return Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }
}

extension Int {
    fileprivate func multipliedClamped(by factor: Int) -> Int {
        let (product, isTooMuch) = multipliedReportingOverflow(by: factor)
        return isTooMuch ? (self < 0 ? .min : .max) : product
    }

    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, isTooMuch) = addingReportingOverflow(other)
        return isTooMuch ? (other < 0 ? .min : .max) : sum
    }
}

/// Who made a room, and what that gives them.
package enum RoomCreators: Sendable, Hashable {
    /// Whom the create event's content names: 100 until there are power levels. Versions 1 to 10.
    case named
    /// The create event's sender: 100 until there are power levels. Version 11.
    case sender
    /// The sender and `additional_creators`: above everyone, for ever. From version 12 on.
    case all

    var areAboveAll: Bool { self == .all }

    /// Whether `user` is the one creator whom the first join may be of.
    func isFirst(_ user: Text, _ create: AuthEvent) -> Bool {
        self == .named ? contain(user, create) : create.sender.text == user
    }

    func contain(_ user: Text, _ create: AuthEvent) -> Bool {
        switch self {
        case .named: create.content["creator"]?.text == user
        case .sender: create.sender.text == user
        case .all:
            create.sender.text == user
                || (create.content["additional_creators"]?.array ?? []).contains { $0.text == user }
        }
    }
}
