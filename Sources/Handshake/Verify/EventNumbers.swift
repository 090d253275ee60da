internal import CMalloc
internal import Matrix

/// Numbers for events, from 0 on in the order that they were met: of those that are there, and of those that others
/// only name, of which a hostile answer can have ten an event. 32 bytes for each, and some ten to find it by.
struct EventNumbers: Sendable {
    /// Parts of one size, so that no list is ever copied to grow.
    private var parts: [[EventKey]] = []
    private(set) var count = 0
    /// A number, or none, and a part of its key's hash: another key is seldom looked at, which lies elsewhere in memory.
    private struct Place {
        /// One more than the number in 24 of them: an answer has half a million events, and each names ten.
        private var bits: UInt32 = 0

        init() {}

        init(_ number: Int32, _ hash: Int) {
            bits = UInt32(truncatingIfNeeded: hash >> 56) << 24 | UInt32(bitPattern: number + 1)
        }

        /// -1 for none.
        @inline(__always)
        var number: Int32 { Int32(bitPattern: bits & 0xFF_FFFF) - 1 }

        @inline(__always)
        func isMarked(_ hash: Int) -> Bool { bits >> 24 == UInt32(truncatingIfNeeded: hash >> 56) & 0xFF }
    }

    /// The numbers, each where its key's hash leads or in the next free place. Its size is a power of two, of which at
    /// most three quarters are taken.
    private var places = [Place](repeating: Place(), count: 64)

    private let hash = KeyHash()

    private static let partSize = 1 << 14

    /// The key of `number`.
    subscript(number: Int32) -> EventKey { parts[Int(number) / Self.partSize][Int(number) % Self.partSize] }

    /// The number of `key`, if it has one.
    func find(_ key: EventKey) -> Int32? {
        let number = places[place(of: key, hash.of(key))].number
        return number < 0 ? nil : number
    }

    /// Fetches where `key` is, or belongs.
    func prefetch(_ key: EventKey) {
        places.withUnsafeBufferPointer { places in
            guard let start = places.baseAddress else { return }
            cmalloc_prefetch(start + (hash.of(key) & (places.count - 1)), 1)
        }
    }

    /// The number of `key`, which it gets where it has none.
    mutating func number(_ key: EventKey) -> Int32 {
        let hash = hash.of(key)
        let place = place(of: key, hash)
        if places[place].number >= 0 { return places[place].number }
        let number = Int32(truncatingIfNeeded: count)
        places[place] = Place(number, hash)
        if count % Self.partSize == 0 {
            parts.append([])
            if count > 0 { parts[parts.count - 1].reserveCapacity(Self.partSize) }
        }
        parts[parts.count - 1].append(key)
        count += 1
        if count * 4 > places.count * 3 { grow(to: places.count * 2) }
        return number
    }

    /// Makes place for `count` of them.
    mutating func reserve(_ count: Int) {
        var size = places.count
        while size * 3 < count * 4 { size *= 2 }
        if size > places.count { grow(to: size) }
    }

    private mutating func grow(to size: Int) {
        places = [Place](repeating: Place(), count: size)
        for number in 0..<Int32(truncatingIfNeeded: count) {
            let hash = hash.of(self[number])
            places[place(of: self[number], hash)] = Place(number, hash)
        }
    }

    /// Where `key` is, or belongs.
    private func place(of key: EventKey, _ hash: Int) -> Int {
        let mask = places.count - 1
        var place = hash & mask
        while places[place].number >= 0, !places[place].isMarked(hash) || self[places[place].number] != key {
            place = (place + 1) & mask
        }
        return place
    }
}

/// A hash of keys, all of whose bytes their authors can choose: of products with secrets that are others in every run,
/// so that nobody can choose keys that collide. Several times as fast as Swift's own.
private struct KeyHash: Sendable {
    private let secrets: (UInt64, UInt64, UInt64, UInt64)

    init() {
        func secret() -> UInt64 { .random(in: .min ... .max) }
        secrets = (secret(), secret(), secret(), secret())
    }

    func of(_ key: EventKey) -> Int {
        let words = key.all
        let mixed =
            Self.mix(words.0 ^ secrets.0, words.1 ^ secrets.1) ^ Self.mix(words.2 ^ secrets.2, words.3 ^ secrets.3)
        return Int(truncatingIfNeeded: mixed)
    }

    private static func mix(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}
