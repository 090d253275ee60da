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
        let read = try #require(ServerKeyFile(file))
        #expect(read.documents.map(\.isVouched) == isVouched)
        let names = read.documents.map { $0.document["server_name"]?.text }
        #expect(names == isVouched.map { $0 ? "other" : "one" } || isVouched == [false, false])
    }

    @Test(arguments: [[:], ["server_keys": 1], ["resident_keys": [:]], []] as [JSON])
    func `is none without any of them`(file: JSON) { #expect(ServerKeyFile(file) == nil) }
}
