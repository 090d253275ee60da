internal import Federation
internal import Matrix

/// What is kept of one event of an answer: who it is, where it lies, and what its own bytes say of it.
struct ReceivedEvent: Sendable {
    enum ContentHash: Sendable, Hashable {
        case matches
        /// It does not match because the event was redacted since: everything is gone that redaction removes.
        case redactedCopy
        case differs
    }

    let id: EventID
    let range: Range<Int>
    let type: Text
    let stateKey: Text?
    let roomID: RoomID
    let isCreate: Bool
    let contentHash: ContentHash
    /// The servers whose signatures it needs.
    let signers: [ServerName]
    /// What the create event says of the room's version; 1 where it says nothing.
    let createdVersion: Text?

    init(_ pdu: PDU, _ range: Range<Int>) {
        id = pdu.id
        self.range = range
        type = pdu.type
        stateKey = pdu.stateKey
        roomID = pdu.roomID
        isCreate = pdu.isCreate
        contentHash = Self.contentHash(pdu)
        signers = EventSignatures.requiredServers(of: pdu.object, pdu.version)
        createdVersion = pdu.isCreate ? pdu.content["room_version"].map { $0.text ?? "" } ?? "1" : nil
    }

    private static func contentHash(_ pdu: PDU) -> ContentHash {
        if EventHashes.contentMatches(pdu.object, pdu.version) { return .matches }
        let redacted = pdu.version.redaction.redact(pdu.object)
        return redacted == pdu.object.filter { $0 != "unsigned" } ? .redactedCopy : .differs
    }
}

/// The events of one list of an answer, read one by one and spread over the cores.
struct ReceivedEvents: Sendable {
    private(set) var events: [ReceivedEvent] = []
    /// What was no event of the room's version, and why: the first few.
    private(set) var dropped: [String] = []
    private(set) var droppedCount = 0

    static let mostListed = 20

    static func read(_ body: Blob, _ ranges: [Range<Int>], _ version: RoomVersion) async -> ReceivedEvents {
        let parts = await Self.spread(ranges.count) { part in
            var events = ReceivedEvents()
            for i in part { events.add(body, ranges[i], version) }
            return events
        }
        return parts.reduce(into: ReceivedEvents()) { all, part in
            all.events += part.events
            all.droppedCount += part.droppedCount
            all.dropped += part.dropped.prefix(mostListed - all.dropped.count)
        }
    }

    private mutating func add(_ body: Blob, _ range: Range<Int>, _ version: RoomVersion) {
        switch Self.pdu(body, range, version) {
        case .success(let pdu): events.append(ReceivedEvent(pdu, range))
        case .failure(let problem):
            droppedCount += 1
            if dropped.count < Self.mostListed {
                dropped.append("the event at byte \(range.lowerBound): \(problem.words)")
            }
        }
    }

    struct Problem: Error { let words: String }

    static func pdu(_ body: Blob, _ range: Range<Int>, _ version: RoomVersion) -> Result<PDU, Problem> {
        body.withBytes(in: range) { bytes in
            do {
                guard let object = try JSON(parsing: bytes).object else {
                    return .failure(Problem(words: "it is not an object"))
                }
                return .success(try PDU(object, version))
            } catch {
                return .failure(Problem(words: "\(error)"))
            }
        }
    }

    /// Splits `0..<count` into parts, works on them at once, and returns what came of each, in order.
    static func spread<Part: Sendable>(
        _ count: Int, _ work: @escaping @Sendable (Range<Int>) -> Part
    ) async -> [Part] {
        let size = Swift.max(64, count / 16 + 1)
        let parts = stride(from: 0, to: count, by: size).map { $0..<Swift.min($0 + size, count) }
        guard parts.count > 1 else { return parts.map(work) }
        return await withTaskGroup(of: (Int, Part).self) { group in
            for (i, part) in parts.enumerated() { group.addTask { (i, work(part)) } }
            var done: [(Int, Part)] = []
            for await result in group { done.append(result) }
            return done.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
