import Testing

@testable import Matrix

@Suite struct JSONScannerTests {
    /// What a scanner found of a document, as text.
    private struct Found: Equatable {
        var lists: [[String]] = []
        var members: [Text: String] = [:]
    }

    private static let lists: [Text] = ["state", "auth_chain"]

    /// Scans `bytes` as far as each of `ends` in turn, and then to their end.
    private func scan(
        _ bytes: [UInt8], isPair: Bool = false, most: Int = 1000, stopping ends: some Sequence<Int> = []
    ) throws(JSONError) -> Found {
        var scanner = JSONScanner(lists: Self.lists, isPair: isPair, most: most)
        for end in ends { try scanner.advance(bytes.span.extracting(0..<end)) }
        try scanner.finish(bytes.span)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        return Found(lists: scanner.elements.map { $0.map(text) }, members: scanner.members.mapValues(text))
    }

    /// Scans `bytes` in pieces, of each no more than is needed.
    private func scan(
        _ bytes: [UInt8], isPair: Bool = false, most: Int = 1000, inPiecesOf size: Int
    ) throws(JSONError) -> Found {
        var scanner = JSONScanner(lists: Self.lists, isPair: isPair, most: most)
        var end = 0
        while end < bytes.count {
            let start = scanner.needed
            end = min(end + size, bytes.count)
            try scanner.advance(bytes.span.extracting(start..<end), from: start)
        }
        try scanner.finish(bytes.span.extracting(scanner.needed..<end), from: scanner.needed)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        return Found(lists: scanner.elements.map { $0.map(text) }, members: scanner.members.mapValues(text))
    }

    private func scan(_ document: String, isPair: Bool = false, most: Int = 1000) throws(JSONError) -> Found {
        try scan(Array(document.utf8), isPair: isPair, most: most)
    }

    static let documents = [
        "{}", " { } ", #"{"state":[]}"#, #"{"state":[[]]}"#, #"{"state":[["]"],"]",{"}":[1]}]}"#,
        #"{"}":1,"]":[{}],"a,b":"x:y"}"#, #"{"auth_chain":[{"a":[1,2,{"b":"]}"}]}],"state":[{"c":"\"]\\"}]}"#,
        "{\n\t\"state\" : [ { \"a\" : 1 } , \"x\" ,\r\n 12 , true , null ] , \"event\" : { \"k\" : [ ] } }\n",
        #"{"event":{"é":"\u00e9\\","🙂":"\ud83d\ude42"},"st\u0061te":[{"🙂":"é]"}],"n":-1.5e+3,"t":true}"#,
        #"{"state":{"a":"b"}}"#, #"{"members_omitted":true,"servers_in_room":["a","b:1"],"state":[1,"",[]],"z":null}"#,
    ].map { document in document.hasPrefix(#"{"state":{"#) ? "{\"o\":\(document)}" : document }

    @Test(arguments: documents)
    func `finds what the parser sees`(document: String) throws {
        let found = try scan(document)
        let whole = try #require(try JSON(reading: document).object)
        func value(_ text: String) throws -> JSON { try JSON(reading: text) }
        for (i, list) in Self.lists.enumerated() {
            #expect(try found.lists[i].map(value) == whole[list]?.array ?? [])
        }
        #expect(
            try found.members.mapValues(value)
                == Dictionary(uniqueKeysWithValues: whole.members.map { ($0.key, $0.value) })
                .filter { !Self.lists.contains($0.key) })
    }

    @Test(arguments: documents, [false, true])
    func `finds the same however a document is cut into pieces`(document: String, isPair: Bool) throws {
        let bytes = Array((isPair ? " [ 200 , \(document) ] " : document).utf8)
        let whole = try scan(bytes, isPair: isPair)
        for first in 0...bytes.count {
            #expect(try scan(bytes, isPair: isPair, stopping: [first]) == whole, "cut at \(first)")
            for second in stride(from: first, through: bytes.count, by: 9) {
                #expect(
                    try scan(bytes, isPair: isPair, stopping: [first, second]) == whole, "cut at \(first), \(second)")
            }
        }
        #expect(try scan(bytes, isPair: isPair, stopping: 0...bytes.count) == whole, "byte by byte")
        for size in 1...bytes.count {
            #expect(try scan(bytes, isPair: isPair, inPiecesOf: size) == whole, "in pieces of \(size)")
        }
    }

    @Test(arguments: 0..<140)
    func `finds the same wherever brackets, quotes and escapes stand among 64 bytes`(shift: Int) throws {
        let shift = String(repeating: "x", count: shift)
        let document =
            #"{"state":[{"\#(shift)":"a\"]}{\\","b":["{",{"c":[[1],"]"]},"\\\"}"]},[[],{}],"\\"],"#
            + #""d":{"\#(shift)\n":[{"e":"}"}],"f":"\#(shift)\\"},"auth_chain":[[{"g\"":"]"}],{"\#(shift)":{}}]}"#
        let bytes = Array(document.utf8)
        let whole = try scan(bytes)
        let value = try #require(try JSON(parsing: bytes).object)
        for (i, list) in Self.lists.enumerated() {
            #expect(try whole.lists[i].map { try JSON(reading: $0) } == value[list]?.array)
        }
        #expect(try whole.members.mapValues { try JSON(reading: $0) } == ["d": value["d"] ?? .null])
        for cut in 0...bytes.count {
            #expect(try scan(bytes, stopping: [cut]) == whole, "cut at \(cut)")
            #expect(try scan(bytes, inPiecesOf: cut + 1) == whole, "in pieces of \(cut + 1)")
        }
    }

    static let broken = [
        ("", "a value is cut off"), (" ", "a value is cut off"), ("{", "a value is cut off"),
        ("[]", "an object is due"), ("1", "an object is due"), ("{,}", "a key is missing"),
        ("{1:2}", "a key is missing"), ("{a:1}", "a key is missing"), (#"{"a"}"#, "a colon is missing"),
        (#"{"a",1}"#, "a colon is missing"), (#"{"a":}"#, "a value is missing"),
        (#"{"a":,"b":1}"#, "a value is missing"),
        (#"{"a"::1}"#, "a value is missing"), (#"{"a":1,}"#, "a key is missing"), (#"{"a":1 2}"#, "a comma is missing"),
        (#"{"a":1"b":2}"#, "a comma is missing"), (#"{"a":"x""b":2}"#, "a comma is missing"),
        (#"{"a":{}"b":2}"#, "a comma is missing"), (#"{"a":1]"#, "a comma is missing"),
        (#"{"a":1"#, "a value is cut off"), (#"{"a":{"b":1}"#, "a value is cut off"),
        (#"{"a":"b}"#, "a value is cut off"),
        (#"{"state":{}}"#, "a list is due"), (#"{"state":null}"#, "a list is due"),
        (#"{"state":[}"#, "a value is missing"),
        (#"{"state":[,]}"#, "a value is missing"), (#"{"state":[1,]}"#, "a value is missing"),
        (#"{"state":[1 2]}"#, "a comma is missing"), (#"{"state":[{}{}]}"#, "a comma is missing"),
        (#"{"state":[1}"#, "a comma is missing"), (#"{"state":[1]"#, "a value is cut off"),
        (#"{"state":[1]]"#, "a comma is missing"), (#"{"state":[1],"auth_chain":2}"#, "a list is due"),
        ("{}{}", "there is more after the value"), ("{}]", "there is more after the value"),
        (#"{"a":1,"a":2}"#, #"the key "a" stands twice"#), (#"{"a":1,"\u0061":2}"#, #"the key "a" stands twice"#),
        (#"{"state":[1],"state":[2]}"#, #"the key "state" stands twice"#),
        (#"{"\x":1}"#, "an escape is unknown"), ("{\"\n\":1}", "a control character stands in a string"),
        (#"{"\ud800":1}"#, "a surrogate stands alone"),
    ]

    @Test(arguments: broken)
    func `refuses what is no answer, arriving at once or byte by byte`(document: String, problem: String) {
        let bytes = Array(document.utf8)
        #expect(throws: JSONError.self) { try scan(bytes) }
        let failure = #expect(throws: JSONError.self) { try scan(bytes, stopping: 0...bytes.count) }
        #expect(failure?.problem == problem)
        let inPieces = #expect(throws: JSONError.self) { try scan(bytes, inPiecesOf: 1) }
        #expect(inPieces == failure)
    }

    @Test func `a key has 64 KiB at most`() throws {
        func document(_ count: Int) -> String { #"{"\#(String(repeating: "k", count: count))":1}"# }
        #expect(try scan(document(65_534)).members.count == 1)
        for size in [1000, 100_000] {
            let failure = #expect(throws: JSONError.self) { try scan(Array(document(65_535).utf8), inPiecesOf: size) }
            #expect(failure?.problem == "a key is too long")
        }
    }

    static let brokenPairs = [
        ("{}", "the pair of status and answer is missing"), ("[]", "a value is missing"),
        ("[200", "a value is cut off"),
        ("[200]", "the answer beside the status is missing"), ("[200,", "a value is cut off"),
        ("[200 {}]", "the answer beside the status is missing"), ("[200,[]]", "an object is due"),
        ("[200,{}", "a value is cut off"), ("[200,{},1]", "the pair of status and answer does not end"),
        ("[200,{}}", "the pair of status and answer does not end"), ("[200,{}]]", "there is more after the value"),
        ("[,{}]", "a value is missing"),
        ("[" + String(repeating: "2", count: 120) + ",{}]", "the status before the answer is too long"),
        ("[" + String(repeating: " ", count: 120) + "200,{}]", "the status before the answer is too long"),
        (#"[{"a":""# + String(repeating: "x", count: 120) + #""},{}]"#, "the status before the answer is too long"),
    ]

    @Test(arguments: brokenPairs)
    func `refuses what is no pair`(document: String, problem: String) {
        let bytes = Array(document.utf8)
        let failure = #expect(throws: JSONError.self) { try scan(bytes, isPair: true) }
        #expect(failure?.problem == problem)
        #expect(throws: JSONError.self) { try scan(bytes, isPair: true, stopping: 0...bytes.count) }
        #expect(throws: JSONError.self) { try scan(bytes, isPair: true, inPiecesOf: 1) }
    }

    @Test func `white space before the answer beside a status is passed once`() throws {
        var scanner = JSONScanner(lists: Self.lists, isPair: true, most: 9)
        let bytes = Array(("[200," + String(repeating: " ", count: 1000)).utf8)
        try scanner.advance(bytes.span)
        #expect(scanner.needed == bytes.count)
    }

    @Test(arguments: ["{\"a\":", "{\"state\":["])
    func `128 values may nest and 129 may not`(before: String) {
        func document(_ depth: Int) -> String {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return before + nested + (before.hasSuffix("[") ? "]}" : "}")
        }
        #expect(throws: Never.self) { try scan(document(128)) }
        let failure = #expect(throws: JSONError.self) { try scan(document(129)) }
        #expect(failure?.problem == "values nest deeper than 128")
        #expect(failure?.offset == before.utf8.count + 128)
    }

    @Test func `counts the events of both lists together`() throws {
        let document = #"{"state":[1,2,3],"auth_chain":[4,5]}"#
        #expect(try scan(document, most: 5).lists == [["1", "2", "3"], ["4", "5"]])
        let failure = #expect(throws: JSONError.self) { try scan(document, most: 4) }
        #expect(failure?.problem == "there are more than 4 elements")
    }

    @Test func `takes a hundred keys`() throws {
        func document(_ count: Int) -> String { "{" + (0..<count).map { "\"k\($0)\":1" }.joined(separator: ",") + "}" }
        #expect(try scan(document(100)).members.count == 100)
        let failure = #expect(throws: JSONError.self) { try scan(document(101)) }
        #expect(failure?.problem == "there are more than 100 keys")
    }

    @Test func `says which keys it has seen`() throws {
        var scanner = JSONScanner(lists: Self.lists, isPair: false, most: 9)
        try scanner.finish(Array(#"{"state":[],"\u0062":1}"#.utf8).span)
        #expect(scanner.has("state"))
        #expect(scanner.has("b"))
        #expect(!scanner.has("auth_chain"))
    }

    @Test func `goes on after what it was shown, and not before`() throws {
        let bytes = Array(#"{"state":[{"a":1},{"b":2}],"x":"y"}"#.utf8)
        var scanner = JSONScanner(lists: Self.lists, isPair: false, most: 9)
        try scanner.advance(bytes.span.extracting(0..<18))
        #expect(scanner.elements[0] == [10..<17])
        try scanner.advance(bytes.span.extracting(0..<18))
        #expect(scanner.elements[0] == [10..<17], "the same again adds nothing")
        try scanner.finish(bytes.span)
        #expect(scanner.elements[0] == [10..<17, 18..<25])
    }
}
