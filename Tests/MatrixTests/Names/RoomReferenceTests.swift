import Testing

@testable import Matrix

@Suite struct RoomReferenceTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let typed: Text
        let room: Text
        var via: [Text] = []
        var testDescription: String { typed.string }

        init(_ typed: Text, _ room: Text, via: [Text] = []) {
            self.typed = typed
            self.room = room
            self.via = via
        }
    }

    static let good = [
        Good("#room:a.example", "#room:a.example"),
        Good("#a?b/c%41&via=x:a.example", "#a?b/c%41&via=x:a.example"),
        Good("!room:a.example:8448", "!room:a.example:8448"),
        Good("!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ", "!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ"),
        Good("matrix:r/room:a.example", "#room:a.example"),
        Good("matrix:room/room:a.example", "#room:a.example"),
        Good("matrix:r/room%3Aa.example?action=join", "#room:a.example"),
        Good("matrix:r/caf%C3%A9%2F%3F:a.example", "#caf\u{E9}/?:a.example"),
        Good(
            "matrix:roomid/room:a.example?via=b.example&via=c.example:8448",
            "!room:a.example",
            via: ["b.example", "c.example:8448"]
        ),
        Good("matrix:roomid/abc?action=join&via=%5B%3A%3A1%5D%3A1&viable=x y&x", "!abc", via: ["[::1]:1"]),
        Good("matrix:roomid/abc?via=b&via=b&via=a", "!abc", via: ["b", "a"]),
        Good("matrix:roomid/room:a.example/e/event?via=b.example", "!room:a.example", via: ["b.example"]),
        Good("matrix://authority:1/r/room:a.example", "#room:a.example"),
        Good("matrix:///roomid/abc", "!abc"),
        Good("https://matrix.to/#/%23room:a.example", "#room:a.example"),
        Good("https://matrix.to/#/#room:a.example", "#room:a.example"),
        Good("https://matrix.to/#/%23room%3Aa.example", "#room:a.example"),
        Good("https://matrix.to/#/!room:a.example?via=b.example", "!room:a.example", via: ["b.example"]),
        Good(
            "https://matrix.to/#/%21room%3Aa.example/%24event%3Aa.example?via=b.example",
            "!room:a.example",
            via: ["b.example"]
        ),
        Good("http://matrix.to/#/!abc?via=b&via=c", "!abc", via: ["b", "c"]),
        Good("matrix.to/#/!abc", "!abc"),
    ]
    /// The specification's own examples (appendices, "URIs").
    static let specified = [
        Good("matrix:r/somewhere:example.org", "#somewhere:example.org"),
        Good("matrix:roomid/somewhere:example.org?via=elsewhere.ca", "!somewhere:example.org", via: ["elsewhere.ca"]),
        Good(
            "matrix:roomid/somewhere:example.org/e/event?via=elsewhere.ca",
            "!somewhere:example.org",
            via: ["elsewhere.ca"]
        ),
        Good("https://matrix.to/#/%23somewhere:example.org", "#somewhere:example.org"),
        Good(
            "https://matrix.to/#/!somewhere:example.org?via=elsewhere.ca",
            "!somewhere:example.org",
            via: ["elsewhere.ca"]
        ),
        Good(
            "https://matrix.to/#/!somewhere:example.org/$event:example.org?via=elsewhere.ca",
            "!somewhere:example.org",
            via: ["elsewhere.ca"]
        ),
        Good("https://matrix.to/#/%23somewhere%3Aexample.org", "#somewhere:example.org"),
        Good(
            "https://matrix.to/#/%21somewhere%3Aexample.org?via=elsewhere.ca",
            "!somewhere:example.org",
            via: ["elsewhere.ca"]
        ),
        Good(
            "https://matrix.to/#/%21somewhere%3Aexample.org/%24event%3Aexample.org?via=elsewhere.ca",
            "!somewhere:example.org",
            via: ["elsewhere.ca"]
        ),
    ]

    @Test(arguments: specified + good)
    func `reads what a person types for a room`(good: Good) throws {
        let reference = try RoomReference(parsing: good.typed)
        #expect(reference.text == good.room)
        #expect(reference.via.map(\.text) == good.via)
        if case .alias = reference.room { #expect(good.room.hasPrefix("#")) } else { #expect(good.room.hasPrefix("!")) }
    }

    static let bad: [Text] = [
        "", "room", "room:a.example", "@alice:a.example", "$event", "#", "#room", "#room:", "#room:a b", "!", "!:",
        "!room:",
        "!room:a:0", " #room:a", "https://a.example/", "https://matrix.to/", "https://matrix.to/#/",
        "https://matrix.to/#/@a:b",
        "https://matrix.to/#/%23room", "https://matrix.to/#/%2", "https://matrix.to/#/%FF",
        "https://matrix.to.evil/#/!abc",
        "matrix:", "matrix:r", "matrix:r/", "matrix:r/room", "matrix:r/room:", "matrix:roomid/",
        "matrix:u/alice:a.example",
        "matrix:x/room:a.example", "matrix:/r/room:a", "matrix://authority", "matrix://authority/r", "matrix:r/%zz:a",
        "matrix:roomid/abc?via=", "matrix:roomid/abc?via=a%20b", "matrix:roomid/abc?via=a:0", "matrix:roomid/abc?via=%",
        "matrix:roomid/room%00:a", "https://matrix.to/#/!abc?via=not_a_name",
    ]
    @Test(arguments: bad)
    func `refuses as a room, and repeats nothing of it`(typed: Text) {
        let failure = #expect(throws: RoomReference.Failure.self) { try RoomReference(parsing: typed) }
        let words = typed.count > 12 ? [typed.string] : []
        #expect(failure?.description.isEmpty == false)
        #expect(words.allSatisfy { failure?.description.contains($0) == false })
    }

    @Test func `names that look alike are different rooms`() throws {
        #expect(try RoomReference(parsing: "matrix:r/caf%C3%A9:a") != RoomReference(parsing: "matrix:r/cafe%CC%81:a"))
    }
}
