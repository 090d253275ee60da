import Federation
import Matrix
import Testing

@Suite struct WallClockTests {
    static let times: [(Int, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (1, "1970-01-01T00:00:00.001Z"),
        (1_795_379_206_528, "2026-11-22T20:26:46.528Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800_001, "-62135596800001"), (253_402_300_800_000, "253402300800000"),
        (Int.max, "\(Int.max)"), (Int.min, "\(Int.min)"),
    ]

    @Test(arguments: times)
    func `times are written as ISO 8601, or as the bare number where that has no room for them`(
        milliseconds: Int, text: String
    ) {
        #expect(WallClock.iso8601(milliseconds) == text)
    }

    @Test func `now is a time of this century`() {
        #expect((1_700_000_000_000..<4_102_444_800_000).contains(WallClock.now()))
    }
}

@Suite struct RandomTextTests {
    @Test(arguments: [0, 1, 32, 255])
    func `random text has its length, and letters and digits alone`(count: Int) {
        let text = RandomText.make(count)
        #expect(text.count == count)
        #expect(
            text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            })
    }

    @Test func `no two are equal`() {
        #expect(Set((0..<1000).map { _ in RandomText.make(32) }).count == 1000)
        #expect(Set((0..<1000).map { _ in RandomText.seed() }).count == 1000)
    }

    @Test func `every letter and digit occurs`() { #expect(Set(RandomText.make(10_000).utf8).count == 62) }

    @Test func `a seed has 32 bytes`() { #expect(RandomText.seed().count == 32) }
}
