import Testing

@testable import Matrix

@Suite struct JSONParserTests {
    @Test func `reads every kind of value`() throws {
        let value = try JSON(reading: " {\"a\" : [ null,true , false ,\"s\", -5 , 1.0 ],\t\"b\":{ }\r\n} ")
        #expect(value == ["a": [.null, true, false, "s", -5, .number("1.0")], "b": [:]])
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")])
    func `128 values may nest and 129 may not`(open: String, close: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + (open == "[" ? "" : "1") + String(repeating: close, count: depth)
        }
        #expect(throws: Never.self) { try JSON(reading: nested(128)) }
        let failure = #expect(throws: JSONError.self) { try JSON(reading: nested(129)) }
        #expect(failure == JSONError(offset: open.utf8.count * 128, problem: "values nest deeper than 128"))
    }

    @Test func `a hundred thousand brackets are refused, not descended into`() {
        #expect(throws: JSONError.self) { try JSON(reading: String(repeating: "[", count: 100_000)) }
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"b":0,"a":1,"c":{},"a":1}"#, #"[{"x":{"é":1,"\u00e9":2}}]"#,
        #"{"":1,"":1}"#,
    ])
    func `refuses a key that stands twice`(document: String) {
        #expect(throws: JSONError.self) { try JSON(reading: document) }
        #expect(throws: Never.self) { try JSON(parsing: Array(document.utf8), allowsDuplicateKeys: true) }
    }

    @Test func `the last of two equal keys counts where they are allowed`() throws {
        let document = Array(#"{"a":1,"b":0,"\u0061":2}"#.utf8)
        #expect(try JSON(parsing: document, allowsDuplicateKeys: true) == ["a": 2, "b": 0])
    }

    @Test func `keys that only look alike are two`() throws {
        let value = try JSON(reading: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value.object?.members.count == 2)
        #expect(value["e\u{301}"] == 2)
    }

    static let broken = [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "{1:1}",
        #"{"a" 1}"#, "nul", "nulL", "True", "tru", "NaN", "Infinity", "-Infinity", "'a'", "{}{}", "[]x", "/**/1",
        "1 //",
        "[1]\u{A0}", "]", "}", ":",
    ]
    @Test(arguments: broken)
    func `refuses what is no document`(document: String) {
        #expect(throws: JSONError.self) { try JSON(reading: document) }
    }

    @Test func `refuses a byte order mark, NUL and white space that is not JSON's`() {
        for document in ["\u{FEFF}{}", "\u{0}", "1\u{0}", "{}\u{B}", "\u{C}1", "[\u{85}]"] {
            #expect(throws: JSONError.self) { try JSON(reading: document) }
        }
    }

    @Test(arguments: [
        (#"{"a":1 "b"}"#, 7, "a comma or the end of a value is missing"), ("[tru", 1, "a value is cut off"),
        ("[1] 2", 4, "there is more after the value"), ("", 0, "a value is missing"),
        (#"{"a":1,"a":2}"#, 13, "a key stands twice in the object that ends"),
    ])
    func `says where and why`(document: String, offset: Int, problem: String) {
        let failure = #expect(throws: JSONError.self) { try JSON(reading: document) }
        #expect(failure?.description == "\(problem) at byte \(offset)")
    }
}
