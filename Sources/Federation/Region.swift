#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Address space for a body of unknown length, of which only the first part is memory.
struct Region {
    let base: UnsafeMutableRawPointer
    private let size: Int
    /// How much of it, from the start on, is memory.
    let inMemory: Int

    /// Room for `limit` bytes, at most so much of it in memory; nil where there is none.
    static func of(_ limit: Int, inMemory: Int, _ spare: SpareRegions = .shared) -> Region? {
        let size = max(limit, 1)
        if let base = spare.give(size) { return Region(base: base, size: size, inMemory: size) }
        let memory = min(size, max(inMemory, 1))
        let flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE
        guard let base = mmap(nil, size, memory < size ? PROT_NONE : PROT_READ | PROT_WRITE, flags, -1, 0),
            base != MAP_FAILED
        else { return nil }
        let region = Region(base: base, size: size, inMemory: memory)
        guard memory == size || mprotect(base, memory, PROT_READ | PROT_WRITE) == 0 else {
            munmap(base, size)
            return nil
        }
        return region
    }

    /// Puts `file` where no memory is, up to `limit`.
    func map(_ file: CInt, _ limit: Int) -> Bool {
        mmap(base + inMemory, limit - inMemory, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED
    }

    /// Gives it back, `touched` bytes of which were used.
    func release(touched: Int, to spare: SpareRegions = .shared) {
        if !spare.take(base, size, touched: touched) { munmap(base, size) }
    }
}

/// Some small regions that were given back, for the next that are as large: every core has to hear of what is unmapped.
final class SpareRegions: Sendable {
    static let shared = SpareRegions()

    /// Where they lie, by their size.
    private let regions = Locked<[Int: [UInt]]>([:])
    private static let largest = 1 << 20
    private static let mostTouched = 64 << 10
    private static let most = 16

    /// One of `size` bytes, all of which are memory.
    func give(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size <= Self.largest else { return nil }
        return regions.withLock { $0[size]?.popLast() }.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
    }

    /// Whether it takes the one at `base`, of which `touched` bytes are in use.
    func take(_ base: UnsafeMutableRawPointer, _ size: Int, touched: Int) -> Bool {
        guard size <= Self.largest, touched <= Self.mostTouched else { return false }
        return regions.withLock { regions in
            guard regions.values.reduce(0, { $0 + $1.count }) < Self.most else { return false }
            regions[size, default: []].append(UInt(bitPattern: base))
            return true
        }
    }
}
