import Testing

@testable import Matrix

@Suite struct PercentEncodingTests {
    @Test func `encodes every byte that is not unreserved`() {
        #expect(PercentEncoding.encode("!a-Z0.9_~:b/c?d&e=f%#+ ") == "%21a-Z0.9_~%3Ab%2Fc%3Fd%26e%3Df%25%23%2B%20")
        #expect(PercentEncoding.encode("e\u{301}\u{0}\n\u{1F600}") == "e%CC%81%00%0A%F0%9F%98%80")
    }

    @Test func `every text comes back as it was`() {
        let scalars = (0..<0x3000).compactMap { Unicode.Scalar($0 as UInt32) }
        let text = Text(String(String.UnicodeScalarView(scalars)) + "\u{10FFFF}")
        let encoded = PercentEncoding.encode(text)
        #expect(encoded.utf8.allSatisfy { $0 < 0x80 })
        #expect(PercentEncoding.decode(encoded[...].utf8) == text)
    }

    @Test(
        arguments: [("%41%6a%6A", "Ajj"), ("a+b", "a+b"), ("\u{E9}%C3%A9", "\u{E9}\u{E9}"), ("", "")]
            as [(String, Text)]
    )
    func `decodes`(encoded: String, text: Text) {
        #expect(PercentEncoding.decode(encoded[...].utf8) == text)
    }

    @Test(arguments: ["%", "%4", "a%", "%4g", "%g4", "%%41", "%+1", "% 1", "%FF", "%C3", "%C0%80", "%ED%A0%80"])
    func `refuses an escape that is cut off or no UTF-8`(encoded: String) {
        #expect(PercentEncoding.decode(encoded[...].utf8) == nil)
    }
}
