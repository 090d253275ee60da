internal import Federation
internal import Matrix

/// Reads the events of an answer while its bytes arrive: cuts them out on the transport's thread, checks them on all
/// cores, and has the keys of the servers it meets fetched meanwhile.
final class RoomReading: Sendable {
    /// Some events to read at once.
    private struct Batch: Sendable {
        let number: Int
        /// Which attempt's body it is of.
        let attempt: Int
        let body: Blob
        let ranges: [Range<Int>]
        let isOfState: Bool
    }

    /// What came of one of the tasks at work.
    private enum Done: Sendable {
        case read(Batch, [Result<ReadEvent, PDU.Failure>])
        case keys(ServerName, Result<KeyTable.Entry, Failure>)
    }

    /// How far the cutting is.
    private struct Cutting {
        var body: Blob?
        var scanner: JSONScanner
        var handed = [0, 0]
        var batches = 0
        var attempt = 0
        var failure: JSONError?
        var isWhole = false
    }

    private let version: RoomVersion
    private let room: RoomID?
    private let progress: @Sendable (String) -> Void
    private let cutting: Locked<Cutting>
    private let batches: AsyncStream<Batch>
    private let hand: AsyncStream<Batch>.Continuation
    /// The events that somebody has begun to verify, and where: of two copies of an event one is. By a part of their
    /// ids: one that is taken for another is verified later.
    private let begun = Locked<[UInt64: Int]>([:])

    /// So many events are read at once: enough to be worth a task, few enough to share the end of the work.
    private static let batchSize = 512

    init(
        _ version: RoomVersion, room: RoomID?, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.version = version
        self.room = room
        self.progress = progress
        cutting = Locked(Cutting(scanner: SendJoinAnswer.scanner(isV1: false)))
        (batches, hand) = AsyncStream.makeStream()
    }

    /// What the transport tells of what has arrived.
    var watch: BodyWatch { BodyWatch { [self] in take($0, isWhole: false, isV1: false) } }

    /// Says that `body` is whole; where its events lie. Nothing more can be read after it. `isV1` says that it is
    /// `[200, {…}]`, which was not watched.
    func finish(_ body: Blob, isV1: Bool = false) throws(JSONError) -> SendJoinAnswer {
        take(body, isWhole: true, isV1: isV1)
        hand.finish()
        let (scanner, failure) = cutting.withLock { ($0.scanner, $0.failure) }
        if let failure { throw failure }
        return try SendJoinAnswer(scanner, body)
    }

    /// Ends the reading where no answer came.
    func giveUp() { hand.finish() }

    private func take(_ body: Blob, isWhole: Bool, isV1: Bool) {
        if !isWhole { progress("received \(body.count >> 10) KiB") }
        let ready = cutting.withLock { cutting -> [Batch] in
            // Another attempt has a body of its own.
            if cutting.body !== body {
                cutting = Cutting(
                    scanner: SendJoinAnswer.scanner(isV1: isV1), batches: cutting.batches,
                    attempt: cutting.attempt + 1)
                begun.withLock { $0 = [:] }
            }
            cutting.body = body
            cutting.isWhole = isWhole
            guard cutting.failure == nil else { return [] }
            do throws(JSONError) {
                try body.scan { bytes throws(JSONError) in
                    if isWhole { try cutting.scanner.finish(bytes) } else { try cutting.scanner.advance(bytes) }
                }
            } catch { cutting.failure = error }
            return Self.batches(&cutting, body, isWhole: isWhole)
        }
        for batch in ready { hand.yield(batch) }
    }

    private static func batches(_ cutting: inout Cutting, _ body: Blob, isWhole: Bool) -> [Batch] {
        var ready: [Batch] = []
        for list in 0..<2 {
            let elements = cutting.scanner.elements[list]
            while elements.count - cutting.handed[list] >= (isWhole ? 1 : batchSize) {
                let from = cutting.handed[list]
                let to = min(from + batchSize, elements.count)
                ready.append(
                    Batch(
                        number: cutting.batches, attempt: cutting.attempt, body: body,
                        ranges: Array(elements[from..<to]), isOfState: list == 0))
                cutting.handed[list] = to
                cutting.batches += 1
            }
        }
        return ready
    }
}

extension RoomReading {
    /// All events, once `finish` or `giveUp` was called; `ring` has the keys that were had meanwhile.
    func events(_ ring: inout KeyRing, _ fetch: KeyRing.Fetch?, cores: Int) async -> RoomEvents {
        var events = RoomEvents(version)
        events.reserve(cutting.withLock { $0.scanner.elements.reduce(0) { $0 + $1.count } })
        var waiting: [Int: Done] = [:]
        var next = 0
        var (reading, fetching, attempt) = (0, 0, 0)
        await withTaskGroup(of: Done.self) { group in
            func settle(_ done: Done) {
                switch done {
                case .read(let batch, let results):
                    reading -= 1
                    waiting[batch.number] = done
                    if let fetch, isArriving {
                        ring.want(servers(results))
                        begin(fetch)
                    }
                case .keys(let server, let result):
                    fetching -= 1
                    ring.take(result, of: server)
                    if let fetch, isArriving { begin(fetch) }
                }
                while case .read(let batch, let results)? = waiting.removeValue(forKey: next) {
                    // What an attempt that broke off had brought does not count.
                    if batch.attempt > attempt { (events, attempt) = (RoomEvents(version), batch.attempt) }
                    Self.add(results, of: batch, to: &events)
                    tell(events)
                    next += 1
                }
            }
            func begin(_ fetch: @escaping KeyRing.Fetch) {
                while fetching < KeyRing.atOnce, let server = ring.next() {
                    fetching += 1
                    group.addTask { .keys(server, await fetch(server)) }
                }
            }
            for await batch in batches {
                while reading >= cores, let done = await group.next() { settle(done) }
                reading += 1
                let table = ring.table
                group.addTask { [self] in read(batch, table) }
            }
            while reading + fetching > 0, let done = await group.next() { settle(done) }
        }
        begun.withLock { $0 = [:] }
        return events
    }

    private func tell(_ events: RoomEvents) {
        guard !isArriving else { return }
        progress("verifying \(events.count)/\(cutting.withLock { $0.scanner.elements.reduce(0) { $0 + $1.count } }) events")
    }

    /// Whether more is to come: keys are asked for meanwhile, and all together after that.
    private var isArriving: Bool { cutting.withLock { !$0.isWhole } }

    /// The servers whose keys were not there.
    private func servers(_ results: [Result<ReadEvent, PDU.Failure>]) -> [ServerName] {
        results.flatMap { result -> [ServerName] in
            guard case .success(let read) = result, case .pending(let servers) = read.signatures else { return [] }
            return servers
        }
    }

    private func read(_ batch: Batch, _ keys: KeyTable) -> Done {
        var checker = EventChecker(version, room: room, keys: keys, now: WallClock.now())
        let results = batch.ranges.map { range in
            checker.read(range, of: batch.body) { key in
                begun.withLock { begun in
                    let first = begun[key.prefix, default: range.lowerBound]
                    if first == range.lowerBound { begun[key.prefix] = first }
                    return first == range.lowerBound
                }
            }
        }
        return .read(batch, results)
    }

    private static func add(
        _ results: [Result<ReadEvent, PDU.Failure>], of batch: Batch, to events: inout RoomEvents
    ) {
        for (result, range) in zip(results, batch.ranges) {
            switch result {
            case .success(let read): events.add(read, isOfState: batch.isOfState)
            case .failure(let failure):
                events.drop(malformed: "the event at byte \(range.lowerBound): \(failure.description)")
            }
        }
    }
}
