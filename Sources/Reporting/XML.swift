/// Text as XML has it, in a report that others read.
enum XML {
    /// `text` with what XML means something by escaped, and without the characters that it cannot have, nor any control
    /// character but tabs and line ends.
    static func text(_ text: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars where isAllowed(scalar) {
            switch scalar {
            case "&": result += "&amp;".utf8
            case "<": result += "&lt;".utf8
            case ">": result += "&gt;".utf8
            case "\"": result += "&quot;".utf8
            default: result += scalar.utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// ` name="value"` of each, on one line.
    static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { name, value in
            let line = String(String.UnicodeScalarView(value.unicodeScalars.filter { $0.value >= 0x20 }))
            return " \(name)=\"\(text(line))\""
        }.joined()
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: true
        case 0..<0x20, 0x7F..<0xA0, 0xFDD0...0xFDEF: false
        // The last two of each plane are no characters.
        default: scalar.value & 0xFFFE != 0xFFFE
        }
    }
}
