import Testing

@testable import Matrix

@Suite struct CanonicalJSONTests {
    static let specified = [
        ("{}", "{}"),
        (#"{ "one": 1, "two": "Two" }"#, #"{"one":1,"two":"Two"}"#),
        (#"{ "b": "2", "a": "1" }"#, #"{"a":"1","b":"2"}"#),
        (#"{"b":"2","a":"1"}"#, #"{"a":"1","b":"2"}"#),
        (
            #"""
            {"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe",
             "three_pids": [{"medium": "email", "address": "john.doe@example.org"},
                            {"medium": "msisdn", "address": "123456789"}]}}}
            """#,
            #"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":["#
                + #"{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"#
                + #""success":true}}"#
        ),
        (#"{"a": "日本語"}"#, #"{"a":"日本語"}"#),
        (#"{"本": 2, "日": 1}"#, #"{"日":1,"本":2}"#),
        (#"{"a": "\u65E5"}"#, #"{"a":"日"}"#),
        (#"{"a": null}"#, #"{"a":null}"#),
        (#"{"a": -0, "b": 1e10}"#, #"{"a":0,"b":10000000000}"#),
    ]
    @Test(arguments: specified)
    func `the specification's examples`(document: String, canonical: String) throws {
        #expect(try CanonicalJSON(JSON(reading: document)).text == canonical)
    }

    @Test func `escapes what has to be, each in the one way`() throws {
        let controls = String(String.UnicodeScalarView((0..<0x20).map { Unicode.Scalar($0) }))
        let expected =
            #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
            + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f""#
        #expect(try CanonicalJSON(.string(Text(controls))).text == expected)
        #expect(try CanonicalJSON("\"/\\\u{7F}\u{2028}").text == #""\"/\\"# + "\u{7F}\u{2028}\"")
    }

    @Test func `sorts by bytes and leaves every character as it is`() throws {
        let value: JSON = ["\u{E9}": 1, "e\u{301}": 2, "\u{1F600}": 3, "\u{FF5E}": 4]
        #expect(
            Array(try CanonicalJSON(value).bytes)
                == Array("{\"e\u{301}\":2,\"\u{E9}\":1,\"\u{FF5E}\":4,\"\u{1F600}\":3}".utf8)
        )
    }

    @Test(arguments: [CanonicalJSON.Numbers.strict, .exact])
    func `says which number has no canonical form`(numbers: CanonicalJSON.Numbers) throws {
        let value = try JSON(reading: #"{"a":[{"b":1.50}]}"#)
        let failure = #expect(throws: CanonicalJSON.Failure.self) { try CanonicalJSON(value, numbers: numbers) }
        #expect(failure?.number == "1.50")
        #expect(failure?.description == "the number 1.50 has no canonical form")
    }

    @Test func `what is canonical is canonical again`() throws {
        let once = try CanonicalJSON(JSON(reading: #"{"z":[1,2,{"y":"\u00e9\n"}],"a":{}}"#))
        #expect(try CanonicalJSON(JSON(parsing: once.bytes), numbers: .strict) == once)
    }

    @Test func `compact text keeps numbers as they were written`() throws {
        #expect(text(try JSON(reading: #"{ "b": 1.50, "a": [-0, 1e400] }"#).compact) == #"{"a":[-0,1e400],"b":1.50}"#)
    }
}
