import Testing

@testable import Reporting

@Suite struct TerminalTests {
    /// What a terminal may act on, or what shows nothing or something else than it is.
    private func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .unassigned, .surrogate, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isBidiControl
        }
    }

    @Test func `no text leaves a scalar that a terminal would act on`() {
        var generator = SeededGenerator(state: 20_261_122)
        for _ in 0..<2000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<50 {
                // Half of them from where the controls are.
                let range: ClosedRange<UInt32> =
                    [0...0x9F, 0x2000...0x206F, 0...0xFFFF, 0...0x10_FFFF].randomElement(using: &generator) ?? 0...0
                if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { scalars.append(scalar) }
            }
            let escaped = Terminal.escaped(String(scalars))
            #expect(!escaped.unicodeScalars.contains(where: isHarmful))
        }
    }

    @Test func `a text is escaped whole, however long, and only so much of it as a line shows`() {
        let text = String(repeating: "\u{80}", count: 500_000)
        #expect(Terminal.escaped(text).utf8.count == 500_000 * 6)
        #expect(Terminal.line(text) == String(repeating: "\\u{80}", count: 49) + "\\u{...")
        #expect(XML.text(String(repeating: "<", count: 500_000)).utf8.count == 500_000 * 4)
    }

    @Test func `each scalar is kept as it is or written by its number`() throws {
        for value in UInt32(0)...0x10_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let escaped = Terminal.escaped(String(scalar)).unicodeScalars
            if isHarmful(scalar) {
                try #require(escaped.elementsEqual("\\u{\(String(value, radix: 16))}".unicodeScalars))
            } else {
                try #require(escaped.elementsEqual([scalar]))
            }
        }
    }

    @Test(arguments: [
        ("\u{1B}[31mred", "\\u{1b}[31mred"), ("a\r\nb", "a\\u{d}\\u{a}b"), ("a\tb", "a\\u{9}b"),
        ("\u{202E}abc", "\\u{202e}abc"), ("a\u{200B}b", "a\\u{200b}b"), ("a\u{2028}b", "a\\u{2028}b"),
        ("\u{9B}31m", "\\u{9b}31m"), ("\u{7F}", "\\u{7f}"), ("\u{0}", "\\u{0}"), ("\u{FEFF}a", "\\u{feff}a"),
        ("\u{3164}", "\\u{3164}"), ("a\u{34F}b", "a\\u{34f}b"), ("\u{E0041}", "\\u{e0041}"),
        ("é 漢 😀 ñ", "é 漢 😀 ñ"), ("e\u{301}", "e\u{301}"),
    ])
    func `what is seen is what is there`(text: String, escaped: String) {
        #expect(Terminal.escaped(text).unicodeScalars.elementsEqual(escaped.unicodeScalars))
    }

    @Test(arguments: [(0, 0), (299, 299), (300, 300), (301, 300), (100_000, 300)])
    func `a line has 300 characters at most`(count: Int, shown: Int) {
        let line = Terminal.line(String(repeating: "a", count: count))
        #expect(line.count == shown)
        #expect(line.hasSuffix("...") == (count > 300))
    }

    @Test func `marks do not grow out of their line`() {
        let escaped = Terminal.escaped("a" + String(repeating: "\u{301}", count: 40) + "e\u{301}")
        let marks = escaped.unicodeScalars.filter { $0 == "\u{301}" }
        #expect(marks.count == 5)
        #expect(escaped.hasSuffix("\\u{301}e\u{301}"))
    }

    @Test func `what is cut is what is shown, not what came`() {
        #expect(Terminal.line(String(repeating: "\u{1B}", count: 60)).count == 300)
        #expect(Terminal.line(String(repeating: "\u{1B}", count: 61)).hasSuffix("..."))
        #expect(Terminal.line("a" + String(repeating: "\u{301}", count: 1000)).unicodeScalars.count == 300)
    }
}

/// The same numbers each time (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
