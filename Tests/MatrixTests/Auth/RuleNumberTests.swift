import Testing

@testable import Matrix

@Suite struct RuleNumberTests {
    @Test func `says where a rule stands, from the outside in`() {
        #expect(RuleNumber.top.below(4).below(2).below(0).text == "5.3.1")
        #expect(RuleNumber.top.below(254).description == "255")
        #expect((0..<8).reduce(RuleNumber.top) { number, i in number.below(i) }.description == "1.2.3.4.5.6.7.8")
    }

    @Test func `two places have two numbers`() {
        #expect(RuleNumber.top.below(0).below(1) != RuleNumber.top.below(1).below(0))
        #expect(RuleNumber.top.below(0) != RuleNumber.top.below(0).below(0))
    }

    @Test func `the rules of a version are numbered as they stand`() {
        let numbers = RoomVersion.v1.rules.all.map(\.number.description)
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.starts(with: ["1", "1.1"]))
        #expect(numbers.last == "\(RoomVersion.v1.rules.tree.count)")
    }
}
