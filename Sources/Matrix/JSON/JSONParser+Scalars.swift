extension JSONParser {
    /// number = [ "-" ] int [ frac ] [ exp ] (RFC 8259 section 6)
    mutating func number(_ s: Span<UInt8>) throws(JSONError) -> JSON {
        let start = at
        let isNegative = peek(s) == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let first = at
        try digits(s)
        if s[first] == UInt8(ascii: "0"), at > first + 1 { throw error("a number begins with 0") }
        let isPlain = try !fraction(s) && !(isNegative && s[first] == UInt8(ascii: "0"))
        if isPlain, let integer = Self.integer(s, first..<at, isNegative: isNegative) { return .integer(integer) }
        return .number(Text(String(decoding: Self.bytes(s, start..<at), as: Unicode.ASCII.self)))
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

    private static func integer(_ s: Span<UInt8>, _ digits: Range<Int>, isNegative: Bool) -> Int? {
        var value = 0
        for i in digits {
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

    mutating func string(_ s: Span<UInt8>) throws(JSONError) -> Text {
        at += 1
        let start = at
        while at < s.count {
            let byte = s[at]
            if byte == UInt8(ascii: "\"") {
                let text = try validated(Self.bytes(s, start..<at))
                at += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(s, after: start..<at) }
            guard byte >= 0x20 else { throw error("a control character stands in a string") }
            at += 1
        }
        throw error("a string does not end")
    }

    private mutating func escapedString(_ s: Span<UInt8>, after plain: Range<Int>) throws(JSONError) -> Text {
        var bytes = Self.bytes(s, plain)
        while at < s.count {
            let byte = s[at]
            if byte == UInt8(ascii: "\"") {
                let text = try validated(bytes)
                at += 1
                return text
            }
            guard byte >= 0x20 else { throw error("a control character stands in a string") }
            at += 1
            if byte == UInt8(ascii: "\\") { try escape(s, into: &bytes) } else { bytes.append(byte) }
        }
        throw error("a string does not end")
    }

    private mutating func escape(_ s: Span<UInt8>, into bytes: inout [UInt8]) throws(JSONError) {
        let byte = peek(s)
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "u"): bytes += String(try unicodeEscape(s)).utf8
        default: throw error("an escape is unknown")
        }
    }

    private mutating func unicodeEscape(_ s: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let unit = try hexadecimal(s)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit & 0xFC00 == 0xD800, peek(s) == UInt8(ascii: "\\") else { throw error("a surrogate stands alone") }
        at += 1
        guard peek(s) == UInt8(ascii: "u") else { throw error("a surrogate stands alone") }
        at += 1
        let low = try hexadecimal(s)
        guard low & 0xFC00 == 0xDC00,
            let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF))
        else { throw error("a surrogate stands alone") }
        return scalar
    }

    private mutating func hexadecimal(_ s: Span<UInt8>) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = peek(s)
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | UInt32((byte | 0x20) - 0x61 + 10)
            default: throw error("an escape has other than four hexadecimal digits")
            }
            at += 1
        }
        return value
    }

    private func validated(_ bytes: [UInt8]) throws(JSONError) -> Text {
        guard let text = Text(validating: bytes) else { throw error("a string is not UTF-8") }
        return text
    }

    private static func bytes(_ s: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        s.extracting(range).withUnsafeBufferPointer { Array($0) }
    }
}
