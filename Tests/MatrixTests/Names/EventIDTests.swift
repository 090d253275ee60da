import Testing

@testable import Matrix

@Suite struct EventIDTests {
    private let hash = EventKey((0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 250) })

    @Test(arguments: [false, true])
    func `an id that is made of a hash is the one that is read from its text`(isURLSafe: Bool) throws {
        let made = EventID(hash: hash, urlSafe: isURLSafe)
        #expect(made.text.count == 44)
        let read = try #require(EventID(made.text))
        #expect(made == read)
        #expect(read == made)
        #expect(Set([made, read]).count == 1)
        #expect(!(made < read) && !(read < made))
        #expect(made.server == nil)
        #expect("\(made)" == made.text.string)
    }

    @Test func `the same hash in another alphabet is another id`() {
        let (one, other) = (EventID(hash: hash, urlSafe: false), EventID(hash: hash, urlSafe: true))
        #expect(one != other)
        #expect(Set([one, other]).count == 2)
    }

    @Test(arguments: [
        ("$a:b.example", "b.example"), ("$:b.example", "b.example"), ("$a:b.example:8448", "b.example:8448"),
        ("$a", nil),
    ])
    func `an id says its server where it names one`(text: Text, server: Text?) throws {
        #expect(try #require(EventID(text)).server?.text == server)
    }

    @Test(arguments: [
        "", "$", "a:b.example", "$a:", "$a:b c", "$a\0:b.example", Text("$" + String(repeating: "a", count: 255)),
    ])
    func `what has no id's form is none`(text: Text) {
        #expect(EventID(text) == nil)
    }
}
