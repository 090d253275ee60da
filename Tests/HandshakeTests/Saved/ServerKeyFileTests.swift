import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct ServerKeyFileTests {
    private static let (one, other): (JSON, JSON) = (["server_name": "one"], ["server_name": "other"])

    @Test(
        arguments: [
            (["server_keys": [one, other]], [false, false]),
            (["server_keys": [one], "resident_keys": [other]], [false, true]),
            (["resident_keys": [other]], [true]),
            (["server_keys": []], []),
            (["server_name": "one", "verify_keys": [:]], [false]),
        ] as [(JSON, [Bool])])
    func `has the documents that are given, and those that only the resident vouched for`(
        file: JSON, isVouched: [Bool]
    )
        throws
    {
        let read = try #require(try ServerKeyFile(file.compact))
        #expect((0..<read.count).map { read.isVouched($0) } == isVouched)
        let names = try (0..<read.count).map { try read.document($0)["server_name"]?.text }
        #expect(names == isVouched.map { $0 ? "other" : "one" } || isVouched == [false, false])
    }

    @Test func `is none without any of them`() throws { #expect(try ServerKeyFile(Array("{}".utf8)) == nil) }

    @Test(arguments: [
        (#"{"server_keys":1}"#, "a list is due at byte 15"), (#"{"resident_keys":{}}"#, "a list is due at byte 17"),
        ("[]", "an object is due at byte 0"), (#"{"server_keys":[{}"#, "a value is cut off at byte 18"),
    ])
    func `says where it is none`(text: String, problem: String) {
        let failure = #expect(throws: JSONError.self) { try ServerKeyFile(Array(text.utf8)) }
        #expect(failure?.description == problem)
    }

    @Test func `says where in the file a document is no JSON`() throws {
        let file = try #require(try ServerKeyFile(Array(#"{"server_keys":[{}, {"a":tru}]}"#.utf8)))
        let failure = #expect(throws: JSONError.self) { try file.document(1) }
        #expect(failure?.offset == 25)
    }
}
