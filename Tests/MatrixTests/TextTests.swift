import Testing

@testable import Matrix

@Suite struct TextTests {
    static let composed: Text = "\u{E9}"
    static let decomposed: Text = "e\u{301}"

    @Test func `texts that look alike are different`() {
        #expect(Self.composed.string == Self.decomposed.string, "the trap that Text is there for")
        #expect(Self.composed != Self.decomposed)
        #expect(Set([Self.composed, Self.decomposed, "\u{E9}"]).count == 2)
        #expect(JSON.string(Self.composed) != JSON.string(Self.decomposed))
    }

    @Test func `texts are ordered by their bytes`() {
        // U+FF5E is EF BD 9E and U+1F600 F0 9F 98 80; in UTF-16 it would be the other way round.
        let sorted: [Text] = ["", "A", "AA", "B", "a", "e\u{301}", "\u{E9}", "\u{FF5E}", "\u{1F600}"]
        #expect(sorted.reversed().sorted() == sorted)
    }

    @Test func `equal bytes have equal hashes however they came`() throws {
        let read = try #require(Text(validating: [0x65, 0xCC, 0x81]))
        #expect(read == Self.decomposed)
        #expect(read.hashValue == Self.decomposed.hashValue)
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0x80], [0xE2, 0x82],
        ] as [[UInt8]]
    )
    func `mends no bytes that are not UTF-8`(bytes: [UInt8]) {
        #expect(Text(validating: bytes) == nil)
    }

    @Test func `counts bytes`() {
        #expect(Self.composed.count == 2)
        #expect(Self.decomposed.count == 3)
        #expect(Self.decomposed.bytes == [0x65, 0xCC, 0x81])
        #expect(Text("").isEmpty)
        #expect(!Text("\u{200D}").isEmpty)
    }

    @Test func `a prefix is one of bytes`() {
        #expect(Self.decomposed.hasPrefix("e"), "which String denies")
        #expect(!Self.decomposed.hasPrefix(Self.composed))
        #expect(!Text("a").hasPrefix("ab"))
        #expect(Text("a").hasPrefix(""))
    }

    @Test func `splits at the first separator even where a mark follows it`() throws {
        let parts = try #require(Text("a:\u{301}b:c").split(at: ":"))
        #expect(parts.before == "a")
        #expect(parts.after == "\u{301}b:c")
        #expect(Text("abc").split(at: ":") == nil)
        let empty = try #require(Text(":").split(at: ":"))
        #expect(empty.before.isEmpty && empty.after.isEmpty)
    }
}
