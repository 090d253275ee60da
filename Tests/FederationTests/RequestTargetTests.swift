import Federation
import Matrix
import Testing

@Suite struct RequestTargetTests {
    private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    @Test func `every byte but the unreserved ones is encoded, in a path and in a query`() throws {
        for byte in UInt8(0)..<128 {
            let text = try #require(Text(validating: [byte]))
            let digits = String(byte, radix: 16, uppercase: true)
            let encoded = Self.unreserved.contains(byte) ? text.string : "%" + (byte < 16 ? "0" : "") + digits
            #expect(RequestTarget("/a", [text]).string == "/a/\(encoded)")
            #expect(RequestTarget("/a", query: [("b", text)]).string == "/a?b=\(encoded)")
        }
    }

    @Test(
        arguments: [
            ("é", "%C3%A9"), ("e\u{301}", "e%CC%81"), ("😀", "%F0%9F%98%80"), ("a b", "a%20b"), ("../..", "..%2F.."),
            ("%41", "%2541"),
        ] as [(Text, String)])
    func `text is encoded by its bytes`(text: Text, encoded: String) {
        #expect(RequestTarget("/a", [text]).string == "/a/\(encoded)")
    }

    @Test func `an event id of version 3 is one part, slashes and all`() {
        let id: Text = "$abc/def+ghi"
        let target = RequestTarget("/_matrix/federation/v2/send_join", ["!room:a.example:8448", id])
        #expect(
            target.string == "/_matrix/federation/v2/send_join/%21room%3Aa.example%3A8448/%24abc%2Fdef%2Bghi")
        #expect(target.readable == "/_matrix/federation/v2/send_join/!room:a.example:8448/$abc/def+ghi")
    }

    @Test func `a query keeps its order and its doubles`() {
        let target = RequestTarget("/a", query: [("ver", "2"), ("ver", "1"), ("via", "a=b&c")])
        #expect(target.string == "/a?ver=2&ver=1&via=a%3Db%26c")
    }

    @Test func `an empty part stays one`() { #expect(RequestTarget("/a", ["", "b"]).string == "/a//b") }
}
