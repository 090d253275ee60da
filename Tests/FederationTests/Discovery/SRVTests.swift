import Federation
import Matrix
import Testing

@Suite struct SRVTests {
    /// Draws what a test wants drawn: the share of the range, from 0 to 1; never so low that it would be drawn again.
    private struct Drawn: RandomNumberGenerator {
        let share: Double
        mutating func next() -> UInt64 { share >= 1 ? .max : UInt64(share * Double(UInt64.max)) | 0x1_0000_0001 }
    }

    private static func record(_ priority: Int, _ weight: Int, _ port: Int) -> SRVRecord {
        SRVRecord(priority: priority, weight: weight, port: port, target: "a.example")
    }

    private func ports(_ records: [SRVRecord], drawing share: Double = 0) -> [Int] {
        var generator = Drawn(share: share)
        return records.ordered(using: &generator).map(\.port)
    }

    @Test func `the lowest priority comes first, whatever the weights`() {
        let records = [Self.record(20, 100, 3), Self.record(10, 0, 1), Self.record(15, 65_535, 2)]
        #expect(ports(records) == [1, 2, 3])
        #expect(ports(records, drawing: 1) == [1, 2, 3])
    }

    @Test func `weight 0 is drawn only where the draw is 0`() {
        let records = [Self.record(10, 5, 1), Self.record(10, 0, 2)]
        #expect(ports(records) == [2, 1])
        #expect(ports(records, drawing: 1) == [1, 2])
    }

    @Test func `equals are drawn by their weights`() {
        let records = [Self.record(1, 10, 1), Self.record(1, 30, 2), Self.record(1, 60, 3)]
        var generator = SystemRandomNumberGenerator()
        var first = [0, 0, 0, 0]
        for _ in 0..<4000 { first[records.ordered(using: &generator)[0].port] += 1 }
        // Six standard deviations on either side: once in a billion runs.
        for (port, share) in [(1, 0.1), (2, 0.3), (3, 0.6)] {
            let spread = 6 * (4000 * share * (1 - share)).squareRoot()
            #expect(abs(Double(first[port]) - 4000 * share) < spread, "\(first)")
        }
    }

    @Test func `every record comes, and once`() {
        let records = (1...30).map { Self.record($0 % 3, $0 % 7, $0) }
        #expect(ports(records, drawing: 0.5).sorted() == Array(1...30))
        #expect(ports([]) == [])
    }

    @Test(arguments: [(".", true), ("", true), ("a.example", false)])
    func `a target of a dot alone is no service`(target: String, isNone: Bool) {
        #expect(SRVRecord(priority: 0, weight: 0, port: 0, target: .init(target)).isNoService == isNone)
    }
}
