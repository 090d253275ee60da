import Testing

@testable import Handshake
@testable import Matrix

@Suite struct StatePlacesTests {
    private typealias Key = AuthSelection.Key

    private static func added(_ keys: [Key]) -> (places: StatePlaces, others: [Int?]) {
        var places = StatePlaces(keys.count)
        let others = keys.enumerated().map { places.add($0.offset, $0.element) }
        return (places, others)
    }

    @Test func `the state of some keys is found in order, and what is not there is not`() {
        let (places, others) = Self.added([Key("a", ""), Key("b", ""), Key("a", "x"), Key("c", "")])
        #expect(others == [nil, nil, nil, nil])
        #expect(places[[Key("c", ""), Key("a", "x"), Key("a", "")]] == [0, 2, 3])
        #expect(places[[Key("b", "x"), Key("d", "")]] == [])
    }

    @Test func `of what stands there twice every place is found, and the one before is told`() {
        let (places, others) = Self.added([Key("a", ""), Key("b", ""), Key("a", ""), Key("a", "")])
        #expect(others == [nil, nil, 0, 2])
        #expect(places[[Key("a", "")]] == [0, 2, 3])
        #expect(places[[Key("b", "")]] == [1])
    }

    @Test func `keys that Swift's strings call equal are two`() {
        let (places, others) = Self.added([Key("a", "é"), Key("a", "e\u{301}")])
        #expect(others == [nil, nil])
        #expect(places[[Key("a", "e\u{301}")]] == [1])
    }
}
