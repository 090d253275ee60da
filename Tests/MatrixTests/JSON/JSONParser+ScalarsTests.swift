import Testing

@testable import Matrix

@Suite struct JSONParserScalarsTests {
    static let integers: [(String, Int)] = [
        ("0", 0), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", .max),
        ("-9223372036854775808", .min),
    ]
    @Test(arguments: integers)
    func `an integer is exact`(document: String, integer: Int) throws {
        #expect(try JSON(reading: document) == .integer(integer))
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "1000000000000000000000000000000", "1.0", "1e10", "1E+2", "-0",
        "-0.0", "0e0", "0.1", "1e400", "123456789.000000000000000000001",
    ])
    func `any other number is kept as it was written`(document: String) throws {
        #expect(try JSON(reading: document) == .number(Text(document)))
        #expect(text(try JSON(reading: "[\(document)]").compact) == "[\(document)]")
    }

    @Test(arguments: [
        "01", "-01", "00", "+1", ".5", "1.", "1.e1", "-", "--1", "1e", "1e+", "1e1.5", "0x10", "1_000", "1,0",
        "\u{FF11}",
    ])
    func `refuses as a number`(document: String) {
        #expect(throws: JSONError.self) { try JSON(reading: document) }
    }

    static let strings: [(String, Text)] = [
        (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0000""#, "\u{0}"),
        (#""\u00e9\u00E9""#, "\u{E9}\u{E9}"), (#""\uD83D\uDE00""#, "\u{1F600}"), (#""a\u0062c""#, "abc"),
        (#""\uFFFF\uDBFF\uDFFF""#, "\u{FFFF}\u{10FFFF}"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
    ]
    @Test(arguments: strings)
    func `unescapes`(document: String, expected: Text) throws {
        #expect(try JSON(reading: document) == .string(expected))
    }

    /// Beside what is looked at together, and across it.
    @Test(arguments: 0..<36)
    func `every byte is looked at, wherever it stands in a string`(place: Int) throws {
        for byte in UInt8.min...UInt8.max {
            for after in [36 - place, 0] {
                let before = [UInt8](repeating: UInt8(ascii: "a"), count: place)
                let content = before + [byte] + [UInt8](repeating: UInt8(ascii: "z"), count: after)
                let document = Array("\"".utf8) + content + Array("\"".utf8)
                switch byte {
                case 0x20..<0x80 where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\"):
                    let value = try JSON(parsing: document)
                    #expect(value.text?.bytes == content)
                    #expect(value.compact == document)
                default: #expect(throws: JSONError.self) { try JSON(parsing: document) }
                }
            }
        }
        for text in ["é", "€", "🙂"] {
            let content = String(repeating: "a", count: place) + text + String(repeating: "z", count: 36 - place)
            #expect(try JSON(reading: "\"\(content)\"").text == Text(content))
            for length in 1..<text.utf8.count {
                let cut = Array("\"\(String(repeating: "a", count: place))".utf8) + text.utf8.prefix(length)
                let failure = #expect(throws: JSONError.self) { try JSON(parsing: cut + Array("zz\"".utf8)) }
                #expect(failure?.problem == "a string is not UTF-8")
            }
        }
    }

    @Test(arguments: [
        #""\uD800""#, #""\uDC00""#, #""\uD800\u0041""#, #""\uD800\n""#, #""\uD800x""#, #""\uD800\uD800""#,
        #""\uDE00\uD83D""#, #"{"\uD800":1}"#, #""\uDEAD""#,
    ])
    func `refuses a surrogate that stands alone`(document: String) {
        let failure = #expect(throws: JSONError.self) { try JSON(reading: document) }
        #expect(failure?.problem == "a surrogate stands alone")
    }

    @Test(arguments: [
        #"""#, #""a"#, #""\"#, #""\""#, #""\x41""#, #""\u12""#, #""\u123g""#, #""\u 123""#, #""\U0041""#, "\"\n\"",
        "\"\t\"", "\"\u{0}\"", #""\"# + "\n\"", #""\a"#, "\"a\\n\u{1}\"", #""\u+123""#,
    ])
    func `refuses as a string`(document: String) {
        #expect(throws: JSONError.self) { try JSON(reading: document) }
    }

    static let noUTF8: [[UInt8]] = [
        [0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x5C, 0x6E, 0xFF], [0xE2, 0x82],
    ]
    @Test(arguments: noUTF8)
    func `refuses a string or a key that is not UTF-8`(inside: [UInt8]) {
        let quoted = [0x22] + inside + [0x22]
        for document in [quoted, Array("{".utf8) + quoted + Array(":1}".utf8)] {
            let failure = #expect(throws: JSONError.self) { try JSON(parsing: document) }
            #expect(failure?.problem == "a string is not UTF-8")
        }
    }
}
