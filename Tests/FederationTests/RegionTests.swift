import Testing

@testable import Federation

@Suite struct RegionTests {
    @Test func `a small one that is given back is the next of its size`() throws {
        let spare = SpareRegions()
        let first = try #require(Region.of(5000, inMemory: 5000, spare))
        first.base.storeBytes(of: 7, as: UInt8.self)
        first.release(touched: 1, to: spare)
        #expect(Region.of(5001, inMemory: 5001, spare)?.base != first.base)
        #expect(Region.of(5000, inMemory: 5000, spare)?.base == first.base)
        #expect(Region.of(5000, inMemory: 5000, spare)?.base != first.base, "only once")
    }

    @Test func `no more are kept than are worth it`() throws {
        let spare = SpareRegions()
        let regions = try (0..<17).map { _ in try #require(Region.of(5000, inMemory: 5000, spare)) }
        #expect(regions.map { spare.take($0.base, 5000, touched: 5000) } == (0..<17).map { $0 < 16 })
        #expect(!SpareRegions().take(regions[16].base, 5000, touched: 65_537), "too much of it is in use")
        #expect(!SpareRegions().take(regions[16].base, 1_048_577, touched: 1), "too large")
    }

    @Test func `of a large one only the beginning is memory`() throws {
        let region = try #require(Region.of(9 << 20, inMemory: 1 << 20))
        #expect(region.inMemory == 1 << 20)
        region.base.storeBytes(of: 7, toByteOffset: region.inMemory - 1, as: UInt8.self)
        #expect(region.base.load(fromByteOffset: region.inMemory - 1, as: UInt8.self) == 7)
        region.release(touched: 1)
    }

    @Test func `there is always room for at least one byte`() throws {
        let region = try #require(Region.of(0, inMemory: 0))
        #expect(region.inMemory == 1)
        region.release(touched: 0)
    }
}
