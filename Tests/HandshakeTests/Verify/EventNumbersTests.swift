import Testing

@testable import Handshake
@testable import Matrix

@Suite struct EventNumbersTests {
    /// Keys that agree in most of their bytes, as a hostile answer may have them.
    private func key(_ number: Int) -> EventKey {
        var hash = [UInt8](repeating: 7, count: 32)
        for i in 0..<4 { hash[28 + i] = UInt8(truncatingIfNeeded: number >> (8 * i)) }
        return EventKey(hash)
    }

    @Test(arguments: [1, 63, 64, 16_384, 16_385, 50_000])
    func `each key has one number, from 0 on in the order that they came`(count: Int) {
        var numbers = EventNumbers()
        for i in 0..<count { #expect(numbers.number(key(i)) == i) }
        for i in 0..<count { #expect(numbers.number(key(i)) == i) }
        #expect(numbers.count == count)
        let found = (0..<count).filter { numbers.find(key($0)).map { Int($0) } != $0 || numbers[Int32($0)] != key($0) }
        #expect(found == [])
        #expect(numbers.find(key(count)) == nil)
    }

    @Test func `a place made beforehand changes nothing`() {
        var numbers = EventNumbers()
        #expect(numbers.number(key(1)) == 0)
        numbers.reserve(100_000)
        #expect(numbers.find(key(1)) == 0)
        #expect(numbers.number(key(2)) == 1)
    }
}
