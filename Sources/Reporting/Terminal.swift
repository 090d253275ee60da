/// Remote text made safe to print: on one line, nothing in it that a terminal would act on.
package enum Terminal {
    /// How many characters of a line are shown.
    static let width = 300

    /// `text` with control, bidirectional, invisible and unassigned characters as `\u{...}`.
    package static func escaped(_ text: String) -> String {
        // Nearly all of it: nothing has to be asked of Unicode's tables.
        if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return text }
        // Bytes, since adding several to a text at once copies all of it.
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = isMark(scalar) ? marks + 1 : 0
            if isSafe(scalar), marks <= mostMarks {
                escaped += scalar.utf8
            } else {
                escaped += "\\u{\(String(scalar.value, radix: 16))}".utf8
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// `text` escaped, and cut where it is too long for a line.
    package static func line(_ text: String) -> String {
        // Each character is one or more when it is escaped.
        let safe = escaped(String(text.unicodeScalars.prefix(width + 1))).unicodeScalars
        guard safe.count > width else { return String(safe) }
        return String(String.UnicodeScalarView(safe.prefix(width - 3))) + "..."
    }

    /// How many marks one letter may bear: more of them grow into the lines above and below.
    private static let mostMarks = 4

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        [.nonspacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        // Fillers, joiners and variation selectors among the letters and marks: nothing of them is seen.
        guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
        return switch scalar.properties.generalCategory {
        // Format characters hold the bidirectional controls, zero-width ones and tags.
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
