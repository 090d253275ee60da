extension JSON {
    /// Compact JSON in which every character outside ASCII is escaped, so that no terminal or log is harmed by it.
    package var ascii: String {
        var line = ""
        for scalar in String(decoding: compact, as: UTF8.self).unicodeScalars {
            if scalar.isASCII, scalar.value != 0x7F {
                line.unicodeScalars.append(scalar)
            } else {
                line += Self.escape(scalar)
            }
        }
        return line
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
