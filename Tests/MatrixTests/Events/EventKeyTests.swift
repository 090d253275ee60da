import Testing

@testable import Matrix

@Suite struct EventKeyTests {
    private static let hashing = RoomVersion.all.filter { !$0.choosesEventIDs }

    private func hash(_ seed: Int) -> [UInt8] {
        var random = RandomJSON(seed: seed)
        return (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test(arguments: hashing)
    func `stands for one id, and makes it again`(version: RoomVersion) {
        let plain = [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32), (0..<32).map { UInt8($0) }]
        for hash in plain + (0..<200).map(hash) {
            let id = EventID(hash: hash, urlSafe: version.isURLSafe)
            let key = EventKey(id, version)
            #expect(key.id(version) == id)
            #expect(key == EventKey(hash))
            #expect(key != EventKey(text: id), "it is not the hash of its text")
        }
    }

    @Test(arguments: hashing)
    func `an id with other last bits has another key`(version: RoomVersion) throws {
        for seed in 0..<50 {
            let id = EventID(hash: hash(seed), urlSafe: version.isURLSafe)
            let last = try #require(id.text.string.last)
            let value = try #require(Base64.values(urlSafe: version.isURLSafe)[Int(last.asciiValue!)] as UInt8?)
            #expect(value & 3 == 0, "two bits are over")
            var keys = [EventKey(id, version)]
            for stray in 1...3 {
                let digit = try #require(
                    Base64.values(urlSafe: version.isURLSafe).firstIndex(of: value | UInt8(stray)) as Int?)
                let text = Text(id.text.string.dropLast() + String(UnicodeScalar(UInt8(digit))))
                let other = try #require(EventID(text))
                #expect(version.admits(other))
                keys.append(EventKey(other, version))
            }
            #expect(Set(keys).count == 4)
        }
    }

    @Test func `ids of the other alphabet are not mistaken for this one's`() throws {
        // Of all ones the digits are slashes or low lines.
        let ones = [UInt8](repeating: 255, count: 32)
        let (standard, urlSafe) = (EventID(hash: ones, urlSafe: false), EventID(hash: ones, urlSafe: true))
        #expect(standard != urlSafe)
        #expect(EventKey(standard, .v3) == EventKey(urlSafe, .v4))
        #expect(EventKey(standard, .v4) != EventKey(urlSafe, .v4))
        #expect(EventKey(urlSafe, .v3) != EventKey(standard, .v3))
    }

    @Test(arguments: [RoomVersion.v1, .v2])
    func `of a chosen id it is made of the text, be that a hash or not`(version: RoomVersion) throws {
        let ids = [
            "$a:b", "$b:a", "$A:b", "$a:b:1", "$" + String(repeating: "A", count: 43),
            "$" + String(repeating: "A", count: 42) + "B",
        ]
        .compactMap { EventID(Text($0)) }
        #expect(ids.count == 6)
        #expect(Set(ids.map { EventKey($0, version) }).count == 6)
        for id in ids { #expect(EventKey(id, version) == EventKey(text: id)) }
    }

    @Test(arguments: [
        "$short", "$" + String(repeating: "A", count: 44), "$" + String(repeating: "A", count: 42) + "=", "$x:y",
    ])
    func `of an id of another form it is made of the text, too`(id: String) throws {
        let id = try #require(EventID(Text(id)))
        #expect(EventKey(id, .v11) == EventKey(text: id))
    }
}
