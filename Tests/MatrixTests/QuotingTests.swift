import Testing

@testable import Matrix

@Suite struct QuotingTests {
    @Test func `quotes up to a hundred characters whole`() {
        #expect(Quoting.quoted("") == "\"\"")
        #expect(Quoting.quoted(Text(String(repeating: "a", count: 100))).count == 102)
        #expect(Quoting.quoted("\u{E9}") == "\"\u{E9}\"")
    }

    @Test func `cuts what is longer, marks that pile up on one letter included`() {
        #expect(
            Quoting.quoted(Text(String(repeating: "a", count: 101))) == "\"\(String(repeating: "a", count: 100))...\""
        )
        let pile = Quoting.quoted(Text("e" + String(repeating: "\u{301}", count: 10_000)))
        #expect(pile.unicodeScalars.count == 105)
    }
}
