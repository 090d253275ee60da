import Testing

@testable import Federation

@Suite struct PoolTests {
    @Test func `one that is idle is taken again, as it was left`() {
        let pool = Pool<[Int]>()
        pool.with(or: [1]) { $0.append(2) }
        #expect(pool.with(or: []) { $0 } == [1, 2])
    }

    @Test func `one that is at work is nobody else's`() {
        let pool = Pool<[Int]>()
        let (outer, inner) = pool.with(or: [1]) { first in (first, pool.with(or: [2]) { $0 }) }
        #expect(outer == [1] && inner == [2])
    }
}
