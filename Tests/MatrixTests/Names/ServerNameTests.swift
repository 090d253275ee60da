import Testing

@testable import Matrix

@Suite struct ServerNameTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let name: Text
        let host: ServerName.Host
        var port: Int?
        var testDescription: String { name.string }
    }

    static let good = [
        Good(name: "matrix.org", host: .name("matrix.org")),
        Good(name: "Matrix.ORG:1", host: .name("Matrix.ORG"), port: 1),
        Good(name: "a:65535", host: .name("a"), port: 65_535),
        Good(name: "a:00443", host: .name("a"), port: 443),
        Good(name: "-.-", host: .name("-.-")),
        Good(name: "1.2.3.4", host: .ipv4("1.2.3.4")),
        Good(name: "255.255.255.255:8448", host: .ipv4("255.255.255.255"), port: 8448),
        Good(name: "1.2.3", host: .name("1.2.3")),
        Good(name: "1.2.3.256", host: .name("1.2.3.256")),
        Good(name: "01.2.3.4", host: .name("01.2.3.4")),
        Good(name: "[::]", host: .ipv6("::")),
        Good(name: "[2001:DB8::1]:8448", host: .ipv6("2001:DB8::1"), port: 8448),
        Good(name: "[::ffff:1.2.3.4]", host: .ipv6("::ffff:1.2.3.4")),
    ]
    @Test(arguments: good)
    func `takes a server name apart`(good: Good) throws {
        let name = try #require(ServerName(good.name))
        #expect(name.text == good.name)
        #expect(name.host == good.host)
        #expect(name.port == good.port)
    }

    static let bad: [Text] = [
        "", ":", ":8448", "a:", "a:0", "a:00000", "a:65536", "a:99999", "a:100000", "a:000443", "a:+8448", "a:-1",
        "a: 1", "a:8448 ", "a:0x50", "a:\u{FF18}\u{FF14}\u{FF14}\u{FF18}", "a:\u{664}", "a:1:2", "a b", "a_b", "a/",
        "b\u{FC}cher.example", "a\u{301}", "a\u{200B}", "a\n", "user@a", "a%2e", "::1", "1::2", "[]", "[::1", "::1]",
        "[::1]8448", "[::1]:", "[::1]x", "[::1]:0", "[[::1]]", "[1.2.3.4]", "[::1%eth0]", "[a]",
    ]
    @Test(arguments: bad)
    func `refuses as a server name`(name: Text) {
        #expect(ServerName(name) == nil)
    }

    @Test func `refuses what joins one character with a bracket`() {
        // In Swift "[\u{301}" and "\u{600}]" are one Character each, which dropFirst and dropLast take away whole.
        for name: Text in ["[\u{301}::1]", "[::1\u{600}]", "[::1]\u{301}", "[::1]\u{301}:8448", "[::1]:\u{301}8448"] {
            #expect(ServerName(name) == nil)
        }
    }

    @Test func `refuses NUL and what surrounds a name`() {
        for name: Text in ["a\u{0}", "\u{0}", " a", "a ", "a\t", "\u{FEFF}a", "a\r\n"] {
            #expect(ServerName(name) == nil)
        }
    }

    @Test func `255 bytes are the most`() {
        #expect(ServerName(Text(String(repeating: "a", count: 255))) != nil)
        #expect(ServerName(Text(String(repeating: "a", count: 256))) == nil)
        #expect(ServerName(Text(String(repeating: "a", count: 251) + ":8448")) == nil)
    }

    @Test func `names are compared byte for byte`() throws {
        let names = try ["A.example", "a.example", "a.example:0443", "a.example:443"].map { text in
            try #require(ServerName(Text(text)))
        }
        #expect(Set(names).count == 4)
        #expect(names.reversed().sorted() == names)
    }

    @Test(
        arguments: [
            ("localhost:8448", true), ("LOCALHOST", true), ("localhost.example", false), ("127.0.0.1", true),
            ("127.255.0.1:1", true), ("127.0.0.1.example", false), ("128.0.0.1", false), ("[::1]", true),
            ("[0:0:0:0:0:0:0:1]", true), ("[::2]", false), ("[1::1]", false),
        ] as [(Text, Bool)]
    )
    func `knows this machine's own names`(name: Text, isLoopback: Bool) throws {
        #expect(try #require(ServerName(name)).isLoopback == isLoopback)
    }

    @Test(
        arguments: [
            ("[::1]:8448", "[::1]", true), ("1.2.3.4:1", "1.2.3.4", true), ("A.example:1", "A.example", false),
        ] as [(Text, String, Bool)]
    )
    func `writes its host for a URL`(name: Text, urlHost: String, isIPLiteral: Bool) throws {
        let name = try #require(ServerName(name))
        #expect(name.urlHost == urlHost)
        #expect(name.isIPLiteral == isIPLiteral)
    }
}
