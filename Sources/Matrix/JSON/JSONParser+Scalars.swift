internal import CBytes

extension JSONParser {
    /// number = [ "-" ] int [ frac ] [ exp ] (RFC 8259 section 6)
    mutating func number(_ s: Span<UInt8>) throws(JSONError) {
        let start = at
        let isNegative = peek(s) == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let first = at
        try digits(s)
        if s[first] == UInt8(ascii: "0"), at > first + 1 { throw error("a number begins with 0") }
        let isPlain = try !fraction(s) && !(isNegative && s[first] == UInt8(ascii: "0"))
        add(isPlain ? .integer : .number, start..<at)
        if !tape.isCanonical(tape.nodes.count - 1) { oddities += 1 }
    }

    /// Passes a fraction and an exponent; whether there was one.
    private mutating func fraction(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        let start = at
        if peek(s) == UInt8(ascii: ".") {
            at += 1
            try digits(s)
        }
        if peek(s) | 0x20 == UInt8(ascii: "e") {
            at += 1
            if peek(s) == UInt8(ascii: "+") || peek(s) == UInt8(ascii: "-") { at += 1 }
            try digits(s)
        }
        return at > start
    }

    private mutating func digits(_ s: Span<UInt8>) throws(JSONError) {
        let start = at
        while case 0x30...0x39 = peek(s) { at += 1 }
        guard at > start else { throw error("a digit is missing") }
    }

    /// The integer in plain digits in `range`, or nil where it has more than 64 bits.
    static func integer(_ s: Span<UInt8>, _ range: Range<Int>) -> Int? {
        let isNegative = s[range.lowerBound] == UInt8(ascii: "-")
        var value = 0
        for i in (isNegative ? range.dropFirst() : range) {
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let digit = Int(s[i] - 0x30)
            let (next, overflowsToo) =
                isNegative
                ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if overflows || overflowsToo { return nil }
            value = next
        }
        return value
    }

    /// Passes a string, every escape and every byte of it checked.
    mutating func string(_ s: Span<UInt8>) throws(JSONError) {
        at += 1
        let start = at
        var isASCII = true
        var isEscaped = false
        while true {
            passPlain(s, &isASCII)
            guard at < s.count else { throw error("a string does not end") }
            switch s[at] {
            case UInt8(ascii: "\""):
                guard isASCII || UTF8Check.isValid(s, start..<at) else {
                    throw error("a string is not UTF-8")
                }
                add(isEscaped ? .escaped : .string, start..<at)
                at += 1
                return
            case UInt8(ascii: "\\"):
                at += 1
                isEscaped = true
                oddities += 1
                try escape(s)
            default: throw error("a control character stands in a string")
            }
        }
    }

    /// Goes on to the next quote, backslash or control character, or to the end; whether all that is passed is ASCII.
    @inline(__always)
    private mutating func passPlain(_ s: Span<UInt8>, _ isASCII: inout Bool) {
        var at = at
        defer { self.at = at }
        while s.count - at >= 16 {
            let marks = s.extracting(at..<at + 16).withUnsafeBufferPointer { cbytes_plain($0.baseAddress) }
            let plain = marks.ends.trailingZeroBitCount
            if marks.highs & (1 << UInt16(plain) &- 1) != 0 { isASCII = false }
            at += plain
            if plain < 16 { return }
        }
        while at < s.count, s[at] >= 0x20, s[at] != UInt8(ascii: "\""), s[at] != UInt8(ascii: "\\") {
            if s[at] >= 0x80 { isASCII = false }
            at += 1
        }
    }

    private mutating func escape(_ s: Span<UInt8>) throws(JSONError) {
        let byte = peek(s)
        at += 1
        if byte == UInt8(ascii: "u") { return try unicodeEscape(s) }
        guard #""\/bfnrt"#.utf8.contains(byte) else { throw error("an escape is unknown") }
    }

    private mutating func unicodeEscape(_ s: Span<UInt8>) throws(JSONError) {
        let unit = try hexadecimal(s)
        if unit & 0xF800 != 0xD800 { return }
        guard unit & 0xFC00 == 0xD800, peek(s) == UInt8(ascii: "\\") else { throw error("a surrogate stands alone") }
        at += 1
        guard peek(s) == UInt8(ascii: "u") else { throw error("a surrogate stands alone") }
        at += 1
        guard try hexadecimal(s) & 0xFC00 == 0xDC00 else { throw error("a surrogate stands alone") }
    }

    private mutating func hexadecimal(_ s: Span<UInt8>) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Self.digit(peek(s)) else {
                throw error("an escape has other than four hexadecimal digits")
            }
            value = value << 4 | digit
            at += 1
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46, 0x61...0x66: UInt32((byte | 0x20) - 0x61 + 10)
        default: nil
        }
    }

    /// Appends what the string in `range`, which has been passed and so is right, stands for.
    static func unescape(_ s: Span<UInt8>, _ range: Range<Int>, into bytes: inout [UInt8]) {
        var at = range.lowerBound
        func unit(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 << 4 | (digit(s[at + $1]) ?? 0) } }
        while at < range.upperBound {
            guard s[at] == UInt8(ascii: "\\") else {
                bytes.append(s[at])
                at += 1
                continue
            }
            let byte = s[at + 1]
            at += 2
            switch byte {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "u"):
                var value = unit(at)
                at += 4
                if value & 0xFC00 == 0xD800 {
                    value = 0x10000 + ((value & 0x3FF) << 10 | unit(at + 2) & 0x3FF)
                    at += 6
                }
                bytes += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
            default: bytes.append(byte)
            }
        }
    }
}

/// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
enum UTF8Check {
    static func isValid(_ s: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = s[at]
            at += 1
            let (more, low, high): (Int, UInt8, UInt8)
            switch byte {
            case ..<0x80: continue
            case 0xC2...0xDF: (more, low, high) = (1, 0x80, 0xBF)
            case 0xE0: (more, low, high) = (2, 0xA0, 0xBF)
            case 0xED: (more, low, high) = (2, 0x80, 0x9F)
            case 0xE1...0xEF: (more, low, high) = (2, 0x80, 0xBF)
            case 0xF0: (more, low, high) = (3, 0x90, 0xBF)
            case 0xF1...0xF3: (more, low, high) = (3, 0x80, 0xBF)
            case 0xF4: (more, low, high) = (3, 0x80, 0x8F)
            default: return false
            }
            guard range.upperBound - at >= more, s[at] >= low, s[at] <= high else { return false }
            for i in 1..<max(1, more) where s[at + i] & 0xC0 != 0x80 { return false }
            at += more
        }
        return true
    }
}
