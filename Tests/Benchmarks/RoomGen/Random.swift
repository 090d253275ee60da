/// Random numbers that a seed decides (splitmix64), so that the same arguments make the same room.
struct Random: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(_ seed: UInt64, _ stream: UInt64 = 0) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ stream &* 0xD1B5_4A32_D192_ED03
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// A number of `0..<count`.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(count, 1))) }

    /// Whether something that happens in `percent` of all cases happens now.
    mutating func happens(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    mutating func letters(_ count: Int) -> String {
        String(decoding: (0..<count).map { _ in pick(Self.alphabet) }, as: UTF8.self)
    }
}

/// Numbers of `0..<count`, the first the most frequent: the n-th as often as 1/n.
struct Zipf: Sendable {
    private var sums: [Double] = []

    init(_ count: Int) {
        var sum = 0.0
        for i in 0..<count {
            sum += 1 / Double(i + 1)
            sums.append(sum)
        }
    }

    func draw(_ random: inout Random) -> Int {
        let wanted = Double(random.next() >> 11) / 9_007_199_254_740_992 * (sums.last ?? 0)
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
