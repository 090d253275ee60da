internal import CSodium
internal import Matrix

/// How fast libsodium alone verifies: nothing but calls of crypto_sign_verify_detached, from the place in memory that
/// ours are made from.
struct SodiumRate {
    let count: Int
    let threads: Int
    /// What each message has.
    let messageSize: Int
    private let pairs: [SigningServer.Pair]

    private static let partSize = 256

    /// The keys of the servers in the key documents at `path`, which their names decide.
    init(keys path: String, count: Int, messageSize: Int, threads: Int) throws {
        guard let document = try? JSON(parsing: try System.read(path)), let list = document["server_keys"]?.array else {
            throw Trouble("\(path) holds no key documents")
        }
        pairs = list.compactMap { $0["server_name"]?.text }.map { SigningServer($0, rotated: nil).pair(at: .max) }
        guard !pairs.isEmpty else { throw Trouble("\(path) holds no key documents") }
        self.count = count
        self.threads = threads
        self.messageSize = messageSize
    }

    /// Some of the messages and signatures; a thread takes one such part after the other.
    private struct Part: Sendable {
        var messages: [UInt8] = []
        var signatures: [UInt8] = []
        var keys: [UInt8] = []
    }

    func run() async throws {
        let (pairs, count, size) = (pairs, count, messageSize)
        let parts = await spread((count + Self.partSize - 1) / Self.partSize) {
            Self.part($0, pairs, count: count, size)
        }
        let (wall, cpu) = (System.wallTime, System.cpuTime)
        let failures = await spread(parts.count, threads: threads) { Self.failures(parts[$0], size) }
        let (seconds, cpuSeconds) = (System.wallTime - wall, System.cpuTime - cpu)
        guard failures.allSatisfy({ $0 == 0 }) else { throw Trouble("libsodium did not verify its own signatures") }
        let rate = Int(Double(count) / seconds)
        print(
            "{\"signatures\":\(count),\"threads\":\(threads),\"seconds\":\(seconds),\"cpu_seconds\":\(cpuSeconds),"
                + "\"per_second\":\(rate)}")
    }

    private static func part(_ index: Int, _ pairs: [SigningServer.Pair], count: Int, _ size: Int) -> Part {
        var part = Part()
        var random = Random(1, UInt64(index))
        for i in index * partSize..<min(count, (index + 1) * partSize) {
            let pair = pairs[i % pairs.count]
            let message = random.bytes(size)
            part.messages += message
            part.signatures += SigningServer.sign(message, pair)
            part.keys += pair.publicKey.bytes
        }
        return part
    }

    private static func failures(_ part: Part, _ size: Int) -> Int {
        let (signature, key) = (Int(crypto_sign_BYTES), Int(crypto_sign_PUBLICKEYBYTES))
        return part.messages.withUnsafeBufferPointer { messages in
            part.signatures.withUnsafeBufferPointer { signatures in
                part.keys.withUnsafeBufferPointer { keys in
                    guard let m = messages.baseAddress, let s = signatures.baseAddress, let k = keys.baseAddress else {
                        return 0
                    }
                    return (0..<signatures.count / signature).count { i in
                        csodium_verify_detached(
                            s + i * signature, m + i * size, UInt64(size), k + i * key) != 0
                    }
                }
            }
        }
    }
}
