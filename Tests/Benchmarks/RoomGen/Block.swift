internal import Matrix

/// Events as they are sent, one after the other, made by one worker.
struct Block: Sendable {
    struct Entry: Sendable {
        let range: Range<Int>
        let isState: Bool
        /// Whether an event of the room is authorised by it, so that it stands in the auth chain.
        let isUsed: Bool
    }

    private(set) var bytes: [UInt8] = []
    private(set) var entries: [Entry] = []
    private(set) var signatures = 0
    private(set) var signedBytes = 0
    /// Which events of the core these ones are authorised by.
    var used: [Bool]

    init(used: [Bool]) { self.used = used }

    mutating func add(_ event: MadeEvent, replacing old: MadeEvent?, isState: Bool, isUsed: Bool, _ random: Random) {
        var random = random
        var object = event.object
        if random.happens(70) { object["unsigned"] = .object(Self.unsigned(replacing: old, &random)) }
        var text = SentText(random)
        text.isShuffled = random.happens(50)
        text.isEscaped = random.happens(50)
        text.write(.object(object))
        let start = bytes.count
        bytes += text.bytes
        entries.append(Entry(range: start..<bytes.count, isState: isState, isUsed: isUsed))
        signatures += event.signatures
        signedBytes += event.signatures * event.signedSize
    }

    private static func unsigned(replacing old: MadeEvent?, _ random: inout Random) -> JSON.Object {
        var unsigned: JSON.Object = ["age": .integer(random.below(10_000_000_000))]
        guard let old else { return unsigned }
        unsigned["replaces_state"] = .string(old.id)
        unsigned["prev_content"] = old.object["content"]
        unsigned["prev_sender"] = old.object["sender"]
        return unsigned
    }

    /// The events of the core itself.
    static func of(_ core: RoomCore, used: [Bool], _ seed: UInt64) -> Block {
        var block = Block(used: used)
        for (i, event) in core.events.enumerated() {
            let random = Random(seed, UInt64(i) << 40 | 1)
            block.add(event, replacing: nil, isState: core.isState[i], isUsed: used[i], random)
        }
        return block
    }

    /// The events of the users of `plans`.
    static func of(_ plans: ArraySlice<Plan>, _ core: RoomCore, _ seed: UInt64) -> Block {
        var block = Block(used: [Bool](repeating: false, count: core.events.count))
        for plan in plans {
            let events = History(core, plan, seed, &block.used).events
            for (i, event) in events.enumerated() {
                let random = Random(seed, UInt64(plan.number) << 16 | UInt64(i) << 50 | 2)
                let isLast = i == plan.events - 1
                block.add(
                    event, replacing: i > 0 && i < plan.events ? events[i - 1] : nil, isState: i >= plan.events - 1,
                    isUsed: i < plan.events - 1 || isLast && plan.hasBeacon, random)
            }
        }
        return block
    }
}
