internal import Federation
internal import Matrix

/// Reads the events of an answer while its bytes arrive: cuts them out on the transport's thread, checks them on all
/// cores, and has the keys of the servers it meets fetched meanwhile.
final class RoomReading: Sendable {
    /// Some events to read at once.
    private struct Batch: Sendable {
        /// 0 for the state, 1 for the auth chain.
        let list: Int
        /// Its place among those of its list.
        let number: Int
        /// Which attempt's body it is of.
        let attempt: Int
        let body: Blob
        let ranges: [Range<Int>]
    }

    private typealias Results = [Result<ReadEvent, PDU.Failure>]

    /// What came of one of the tasks at work.
    private enum Done: Sendable {
        case read(Batch, Results)
        case keys(ServerName, Result<KeyTable.Entry, Failure>)
    }

    /// How far the cutting is.
    private struct Cutting {
        var body: Blob?
        var scanner: JSONScanner
        var handed = [0, 0]
        /// How many batches of each list there are so far.
        var batches = [0, 0]
        var attempt = 0
        var failure: JSONError?
        var isWhole = false

        func hasEnded(_ list: Int) -> Bool { isWhole || scanner.hasEnded(list) }

        var progress: Progress {
            Progress(
                attempt: attempt, events: scanner.count,
                batchesOfState: hasEnded(0) ? batches[0] : nil, isWhole: isWhole)
        }
    }

    /// What of that the putting together has to know.
    private struct Progress: Sendable {
        let attempt: Int
        let events: Int
        /// Nil while there may be more.
        let batchesOfState: Int?
        let isWhole: Bool
    }

    private let version: RoomVersion
    private let room: RoomID?
    private let progress: @Sendable (String) -> Void
    private let cutting: Locked<Cutting>
    private let batches: AsyncStream<Batch>
    private let hand: AsyncStream<Batch>.Continuation
    /// The events that somebody has begun to verify, and where: of two copies of an event one is. By a part of their
    /// ids: one that is taken for another is verified later.
    private let begun = Begun()
    private let checkers = Pool<EventChecker>()

    /// So many events are read at once: enough to be worth a task, few enough to share the end of the work.
    private static let batchSize = 128

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
    var watch: BodyWatch { BodyWatch { [self] in advance($0) } }

    /// Reads what has arrived of `body` so far.
    func advance(_ body: Blob) { take(body, isWhole: false, isV1: false) }

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
                cutting = Cutting(scanner: SendJoinAnswer.scanner(isV1: isV1), attempt: cutting.attempt + 1)
                begun.clear()
            }
            cutting.body = body
            cutting.isWhole = isWhole
            guard cutting.failure == nil else { return [] }
            do throws(JSONError) { try body.scan(&cutting.scanner, isWhole: isWhole) } catch { cutting.failure = error }
            return Self.batches(&cutting, body)
        }
        for batch in ready { hand.yield(batch) }
    }

    private static func batches(_ cutting: inout Cutting, _ body: Blob) -> [Batch] {
        var ready: [Batch] = []
        for list in 0..<2 {
            let elements = cutting.scanner.elements[list]
            let least = cutting.hasEnded(list) ? 1 : batchSize
            while elements.count - cutting.handed[list] >= least {
                let from = cutting.handed[list]
                let to = min(from + batchSize, elements.count)
                ready.append(
                    Batch(
                        list: list, number: cutting.batches[list], attempt: cutting.attempt, body: body,
                        ranges: Array(elements[from..<to])))
                cutting.handed[list] = to
                cutting.batches[list] += 1
            }
        }
        return ready
    }
}

extension RoomReading {
    /// Puts the batches that were read into one order, whichever arrived first: the state's, then the auth chain's, so
    /// that an event that is in both is one of the state.
    private struct Assembly {
        private let version: RoomVersion
        private(set) var events: RoomEvents
        private var attempt = 0
        private var waiting: [[Int: (batch: Batch, results: Results)]] = [[:], [:]]
        private var next = [0, 0]

        init(_ version: RoomVersion) {
            self.version = version
            events = RoomEvents(version)
        }

        mutating func take(_ batch: Batch, _ results: Results, _ progress: Progress) {
            // What an attempt that broke off had brought does not count.
            guard batch.attempt == progress.attempt else { return }
            begin(progress)
            waiting[batch.list][batch.number] = (batch, results)
            add(0)
            if next[0] == progress.batchesOfState { add(1) }
        }

        /// Goes over to the attempt that is at work.
        mutating func begin(_ progress: Progress) {
            guard attempt != progress.attempt else { return }
            self = Assembly(version)
            attempt = progress.attempt
            events.reserve(progress.events)
        }

        private mutating func add(_ list: Int) {
            while let (batch, results) = waiting[list].removeValue(forKey: next[list]) {
                next[list] += 1
                for (i, range) in batch.ranges.enumerated() where i < results.count {
                    if i + 4 < results.count, case .success(let read) = results[i + 4] { events.prefetch(read) }
                    switch results[i] {
                    case .success(let read): events.add(read, isOfState: list == 0, of: batch.body)
                    case .failure(let failure):
                        events.drop(malformed: "the event at byte \(range.lowerBound): \(failure.description)")
                    }
                }
            }
        }
    }

    /// All events, once `finish` or `giveUp` was called; `ring` has the keys that were had meanwhile.
    func events(_ ring: inout KeyRing, _ fetch: KeyRing.Fetch?, cores: Int) async -> RoomEvents {
        var assembly = Assembly(version)
        var (reading, fetching) = (0, 0)
        await withTaskGroup(of: Done.self) { group in
            func settle(_ done: Done) {
                switch done {
                case .read(let batch, let results):
                    reading -= 1
                    assembly.take(batch, results, standing)
                    tell(assembly.events)
                    if let fetch, isArriving {
                        ring.want(servers(results))
                        begin(fetch)
                    }
                case .keys(let server, let result):
                    fetching -= 1
                    ring.take(result, of: server)
                    if let fetch, isArriving { begin(fetch) }
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
                group.addTask { [self] in await Spread.apart(batch.ranges.count) { [self] in read(batch, table) } }
            }
            while reading + fetching > 0, let done = await group.next() { settle(done) }
        }
        begun.clear()
        assembly.begin(standing)
        return assembly.events
    }

    private var standing: Progress { cutting.withLock { $0.progress } }

    private func tell(_ events: RoomEvents) {
        let standing = standing
        guard standing.isWhole else { return }
        progress("verifying \(events.count)/\(standing.events) events")
    }

    /// Whether more is to come: keys are asked for meanwhile, and all together after that.
    private var isArriving: Bool { cutting.withLock { !$0.isWhole } }

    /// The servers whose keys were not there.
    private func servers(_ results: Results) -> [ServerName] {
        results.flatMap { result -> [ServerName] in
            guard case .success(let read) = result, case .pending(let servers) = read.signatures else { return [] }
            return servers
        }
    }

    private func read(_ batch: Batch, _ keys: KeyTable) -> Done {
        let results = checkers.with(or: newChecker(batch.body)) { checker in
            checker.keys = keys
            return checker.read(batch.ranges, of: batch.body) { begun.isFirst($0, at: $1) }
        }
        return .read(batch, results)
    }

    /// One that remembers many servers where the room is large, so that its events share their names.
    private func newChecker(_ body: Blob) -> EventChecker {
        EventChecker(
            version, room: room, keys: KeyTable(), now: WallClock.now(), servers: body.count > 1 << 20 ? 8192 : 64)
    }
}

/// Which copy of an event somebody has begun to verify, by a part of its id. In parts of its own, so that cores seldom
/// wait for one another.
private final class Begun: Sendable {
    private let parts = (0..<16).map { _ in Locked<[UInt64: Int]>([:]) }

    func clear() { for part in parts { part.withLock { $0 = [:] } } }

    /// Whether the event of `key` at byte `start` is the copy that was begun first.
    func isFirst(_ key: EventKey, at start: Int) -> Bool {
        parts[Int(key.prefix & 15)].withLock { begun in
            guard let first = begun.updateValue(start, forKey: key.prefix) else { return true }
            begun[key.prefix] = first
            return first == start
        }
    }
}
