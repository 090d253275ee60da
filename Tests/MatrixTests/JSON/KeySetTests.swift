import Testing

@testable import Matrix

@Suite struct KeySetTests {
    private static let keys: [Text] = [
        "", "a", "users", "users_default", "users_defaulu", "users_de", "users_df", "m.room.member", "m.room.message",
        "é",
        "e\u{301}", "auth_events", "auth_eve", "with \"quotes\"", "two\nlines", "null\u{0}", "null",
    ]

    /// Which of `keys` the strings of `document`, a list, are.
    private func indices(_ document: String, in keys: [Text]) throws -> [Int?] {
        let bytes = Array(document.utf8)
        var parser = JSONParser()
        try parser.read(bytes.span)
        let (tape, set) = (parser.tape, KeySet(keys))
        return tape.elements(0).map { set.index($0, tape, bytes.span) }
    }

    @Test func `finds each of its keys, however it is written`() throws {
        for seed in 0..<40 {
            var random = RandomJSON(seed: seed)
            let document = "[" + Self.keys.map { random.quoted($0.string) }.joined(separator: ",") + "]"
            #expect(try indices(document, in: Self.keys) == Self.keys.indices.map { $0 }, "\(document)")
        }
    }

    @Test func `finds no other key`() throws {
        let others: [Text] = [
            "b", "User", "users_", "users_defaul", "users_defaulv", "users_defaulta", "users_d", "users_dg",
            "m.room.messagf",
            "m.room.memberr", "e", "\u{E8}", "null\u{1}", "nul", "auth_event", "two\n\nlines",
        ]
        for seed in 0..<40 {
            var random = RandomJSON(seed: seed)
            let document = "[" + others.map { random.quoted($0.string) }.joined(separator: ",") + "]"
            #expect(try indices(document, in: Self.keys).allSatisfy { $0 == nil }, "\(document)")
        }
    }

    @Test func `may be empty`() throws { #expect(try indices(#"["","a","\n"]"#, in: []) == [nil, nil, nil]) }
}
