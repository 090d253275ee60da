import Testing

@testable import Matrix

@Suite struct IdentifiersTests {
    static let users: [(Text, Text, Bool)] = [
        ("@alice:a.example", "alice", true),
        ("@a-z.=_/+09:a", "a-z.=_/+09", true),
        ("@Alice:a", "Alice", false),
        ("@a b:a", "a b", false),
        ("@\u{E9}:a", "\u{E9}", false),
        ("@\u{301}x:a", "\u{301}x", false),
        ("@a\n:a", "a\n", false),
        ("@:a", "", false),
        ("@@a:a", "@a", false),
    ]
    @Test(arguments: users)
    func `reads a user id by the historical grammar and knows the current one`(
        id: Text,
        localpart: Text,
        isCurrent: Bool
    ) throws {
        let user = try #require(UserID(id))
        #expect(user.text == id)
        #expect(user.localpart == localpart)
        #expect(user.isCurrent == isCurrent)
    }

    @Test(
        arguments: [
            "", "@", "@a", "@a:", "a:a", "@a:b c", "@a:b:c", "@a:b:0", "!a:b", "@a:[::1]\u{301}", " @a:b", "@a:b\n",
        ] as [Text]
    )
    func `refuses as a user id`(id: Text) {
        #expect(UserID(id) == nil)
    }

    @Test func `everything after the first colon is the server's`() throws {
        let user = try #require(UserID("@a:[::1]:8448"))
        #expect(user.server == ServerName("[::1]:8448"))
        #expect(user.localpart == "a")
    }

    @Test func `no identifier holds NUL or is longer than 255 bytes`() {
        #expect(UserID("@a\u{0}:b") == nil)
        #expect(RoomAlias("#a\u{0}:b") == nil)
        #expect(RoomID("!\u{0}") == nil)
        #expect(EventID("$\u{0}") == nil)
        for sigil in ["@", "#", "!", "$"] {
            func id(_ count: Int) -> Text { Text(sigil + String(repeating: "\u{E9}", count: (count - 3) / 2) + ":a") }
            let (fits, exceeds) = (id(255), id(257))
            #expect(fits.count == 255 && exceeds.count == 257)
            #expect(Self.isIdentifier(fits))
            #expect(!Self.isIdentifier(exceeds))
        }
    }

    private static func isIdentifier(_ text: Text) -> Bool {
        UserID(text) != nil || RoomAlias(text) != nil || RoomID(text) != nil || EventID(text) != nil
    }

    @Test(
        arguments: [("#a:b", true), ("#:b", true), ("#a", false), ("#a:", false), ("a:b", false), ("#a:b c", false)]
            as [(Text, Bool)]
    )
    func `a room alias has a server`(text: Text, isAlias: Bool) {
        #expect((RoomAlias(text) != nil) == isAlias)
    }

    static let opaque: [(String, Bool, Text?)] = [
        ("a:b", true, "b"), ("a", true, nil), ("a:b:8448", true, "b:8448"), (":b", true, "b"), ("", false, nil),
        ("a:", false, nil), ("a:/", false, nil), ("a:b:notaport", false, nil), ("a b", true, nil), ("a/b+c", true, nil),
    ]
    @Test(arguments: opaque)
    func `a room id and an event id may do without a server`(rest: String, isGood: Bool, server: Text?) {
        let room = RoomID(Text("!" + rest))
        let event = EventID(Text("$" + rest))
        #expect((room != nil) == isGood)
        #expect((event != nil) == isGood)
        #expect(room?.server?.text == server)
        #expect(event?.server?.text == server)
    }

    @Test func `ids that look alike are different`() throws {
        let (composed, decomposed): (Text, Text) = ("\u{E9}:a", "e\u{301}:a")
        #expect(UserID(Text("@\(composed)")) != UserID(Text("@\(decomposed)")))
        #expect(RoomID(Text("!\(composed)")) != RoomID(Text("!\(decomposed)")))
        let events = try [composed, decomposed].map { try #require(EventID(Text("$\($0)"))) }
        #expect(events[1] < events[0])
    }

    static let keys: [(Text, Text, Text)] = [
        ("ed25519:a_Qx7f", "ed25519", "a_Qx7f"), ("ed25519:1", "ed25519", "1"), ("x:_", "x", "_"),
        ("ed25519:policy_server", "ed25519", "policy_server"),
    ]
    @Test(arguments: keys)
    func `takes a key id apart`(text: Text, algorithm: Text, version: Text) throws {
        let id = try #require(KeyID(text))
        #expect(id.algorithm == algorithm)
        #expect(id.version == version)
        #expect(id.isEd25519 == (algorithm == "ed25519"))
    }

    @Test(
        arguments: [
            "", ":", "ed25519", "ed25519:", ":1", "ed25519:a-b", "ed25519:a:b", "ed25519:a b", "ed25519:\u{E9}",
            "ed25519:a\n",
            "ed25519:\u{301}a",
        ] as [Text]
    )
    func `refuses as a key id`(text: Text) {
        #expect(KeyID(text) == nil)
    }
}
