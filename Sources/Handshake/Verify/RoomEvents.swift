internal import CMalloc
internal import Federation
internal import Matrix

/// What is kept of one event of a room: 64 bytes, and some 600 for what the rules look at.
struct RoomEvent: Sendable {
    /// What does not stand of an event's signatures, or is not known yet.
    private final class Doubt: Sendable {
        let signatures: ReadEvent.Signatures
        init(_ signatures: ReadEvent.Signatures) { self.signatures = signatures }
    }

    let event: AuthEvent
    private let start: Int
    private let length: Int32
    let number: Int32
    let timestamp: Int
    /// Where the numbers of the events that it names lie in the room's list of them.
    fileprivate let firstAuthEvent: Int32
    fileprivate let authEventCount: UInt8
    /// Where its bytes lie, if not in the answer.
    let source: Blob?
    /// Nil for an event whose signatures are valid.
    private var doubt: Doubt?
    /// What the event itself says, so that those who look at all events need not go to each for it.
    let kind: AuthEvent.Kind
    let membership: AuthEvent.Membership?
    let contentHash: ReadEvent.ContentHash
    let isOfState: Bool
    let isParked: Bool
    private(set) var isSignedByAuthoriser: Bool

    fileprivate init(_ read: ReadEvent, number: Int32, firstAuthEvent: Int, isOfState: Bool, source: Blob?) {
        event = read.event
        kind = read.event.kind
        membership = read.event.membership
        start = read.range.lowerBound
        length = Int32(truncatingIfNeeded: read.range.count)
        self.number = number
        timestamp = read.timestamp
        self.firstAuthEvent = Int32(truncatingIfNeeded: firstAuthEvent)
        authEventCount = UInt8(truncatingIfNeeded: read.authEvents.count)
        self.source = source
        contentHash = read.contentHash
        self.isOfState = isOfState
        isParked = read.isParked
        isSignedByAuthoriser = read.isSignedByAuthoriser
        set(read.signatures, isSignedByAuthoriser: read.isSignedByAuthoriser)
    }

    var id: EventID { event.id }
    var range: Range<Int> { start..<(start + Int(length)) }
    var signatures: ReadEvent.Signatures { doubt?.signatures ?? .valid }
    var fault: SignatureFault? { if case .bad(let fault) = signatures { fault } else { nil } }

    mutating func set(_ signatures: ReadEvent.Signatures, isSignedByAuthoriser: Bool) {
        if case .valid = signatures { doubt = nil } else { doubt = Doubt(signatures) }
        self.isSignedByAuthoriser = isSignedByAuthoriser
    }
}

/// A room's events, each once, by numbers: an id that an event names has one, too, where the event itself is not there.
struct RoomEvents: Sendable {
    private let version: RoomVersion
    private var numbers = EventNumbers()
    /// The ids that somebody chose, in versions 1 and 2.
    private var chosen: [EventKey: EventID] = [:]
    /// By number.
    private var found: [Int32] = []
    /// The events that each one names, by their numbers, one event's after the other's.
    private var authEvents: [Int32] = []
    /// In the order that the answer has them, state first.
    private(set) var all: [RoomEvent] = []

    /// The rooms that they are of: two at most, since nobody asks which others.
    private var rooms: [RoomID?] = []

    /// The numbers of those that are of the room and of no user: few, and looked for by several.
    private var roomwide: [Int32] = []

    /// In versions 1 and 2, ids that several events bear, of which the first counts.
    private(set) var ambiguous: [EventID] = []

    /// Events that were dropped before they were any, and why.
    private(set) var malformed: [String] = []

    init(_ version: RoomVersion) { self.version = version }

    var count: Int { all.count }

    /// Says how many events are to be expected at most.
    mutating func reserve(_ count: Int) {
        numbers.reserve(count)
        found.reserveCapacity(count)
        all.reserveCapacity(count)
    }

    /// The place of the event of number `number` in `all`; nil where it is not there.
    func place(_ number: Int32) -> Int? {
        let place = found[Int(number)]
        return place < 0 ? nil : Int(place)
    }

    func place(_ id: EventID) -> Int? { numbers.find(EventKey(id, version)).flatMap { place($0) } }

    subscript(id: EventID) -> RoomEvent? { place(id).map { all[$0] } }

    /// The places of the events with an empty state key.
    var placesOfRoom: [Int] { roomwide.compactMap { place($0) } }

    /// The places of the create events.
    var creates: [Int] { placesOfRoom.filter { all[$0].event.isCreate } }

    /// The numbers of the events that the one at `place` names.
    func authEvents(of place: Int) -> ArraySlice<Int32> { authEvents[authEventPlaces(of: place)] }

    /// Where they stand, for `authEvent`: a slice would be a reference to the list, and cores that count references to
    /// one list wait for each other.
    func authEventPlaces(of place: Int) -> Range<Int> {
        let first = Int(all[place].firstAuthEvent)
        return first..<(first + Int(all[place].authEventCount))
    }

    func authEvent(_ place: Int) -> Int32 { authEvents[place] }

    /// The id of number `number`.
    func id(_ number: Int32) -> EventID {
        if let place = place(number) { return all[place].id }
        let key = numbers[number]
        return chosen[key] ?? key.id(version)
    }

    /// How many events name each number that is no event's here; 0 for every other one.
    var missing: [Int32] {
        var counts = [Int32](repeating: 0, count: found.count)
        for place in all.indices {
            for number in authEvents(of: place) where found[Int(number)] < 0 { counts[Int(number)] += 1 }
        }
        return counts
    }

    /// Fetches where the ids of `read` and of the events that it names are found.
    func prefetch(_ read: ReadEvent) {
        numbers.prefetch(read.key)
        for key in read.authEvents { numbers.prefetch(key) }
    }

    /// Adds `read`, unless it is there already; whether it was not.
    @discardableResult
    mutating func add(_ read: ReadEvent, isOfState: Bool, in source: Blob? = nil) -> Bool {
        let number = number(of: read.key)
        guard found[Int(number)] < 0 else { return false }
        found[Int(number)] = Int32(truncatingIfNeeded: all.count)
        for id in read.chosenAuthEvents { chosen[EventKey(id, version)] = id }
        let first = authEvents.count
        for key in read.authEvents { authEvents.append(self.number(of: key)) }
        if read.event.stateKey?.isEmpty == true { roomwide.append(number) }
        if rooms.count < 2, !rooms.contains(read.event.room) { rooms.append(read.event.room) }
        all.append(RoomEvent(read, number: number, firstAuthEvent: first, isOfState: isOfState, source: source))
        return true
    }

    /// The same of an event that lies in `body`, as all others do that were added so far.
    mutating func add(_ read: ReadEvent, isOfState: Bool, of body: Blob) {
        guard !add(read, isOfState: isOfState), version.choosesEventIDs, let first = self[read.event.id] else { return }
        if !isSame(first.range, read.range, body) { ambiguous.append(read.event.id) }
    }

    /// Whether two copies are one event: also where one of them was redacted since.
    private func isSame(_ first: Range<Int>, _ second: Range<Int>, _ body: Blob) -> Bool {
        if body[first] == body[second] { return true }
        var reader = EventReader(version)
        let signed = [first, second].map { range in
            body.withBytes(in: range) { bytes in (try? reader.read(bytes)).map { _ in reader.signable } }
        }
        return signed[0] == signed[1]
    }

    mutating func drop(malformed problem: String) { malformed.append(problem) }

    mutating func update(_ place: Int, _ signatures: ReadEvent.Signatures, isSignedByAuthoriser: Bool) {
        all[place].set(signatures, isSignedByAuthoriser: isSignedByAuthoriser)
    }

    /// Takes away the events at `places`; those that name them lack them then.
    mutating func remove(_ places: [Int]) {
        guard !places.isEmpty else { return }
        for place in places { found[Int(all[place].number)] = -1 }
        let gone = Set(places)
        all = all.indices.filter { !gone.contains($0) }.map { all[$0] }
        for place in all.indices { found[Int(all[place].number)] = Int32(truncatingIfNeeded: place) }
    }

    /// The same without the events at `places`.
    func without(_ places: [Int]) -> RoomEvents {
        var events = self
        events.remove(places)
        return events
    }

    /// The places of the events of other rooms than `room`.
    func places(outside room: RoomID) -> [Int] {
        rooms == [room] ? [] : all.indices.filter { all[$0].event.room != room }
    }

    /// The servers of the senders of those events whose places `isCounted` says.
    func servers(_ isCounted: (Int) -> Bool = { _ in true }) -> Set<ServerName> {
        // Not made of all at once: it would be as large as if each event had a server of its own.
        var servers: Set<ServerName> = []
        for place in all.indices {
            if place + Self.ahead < count { prefetch(place + Self.ahead) }
            if isCounted(place) { servers.insert(all[place].event.sender.server) }
        }
        return servers
    }

    private mutating func number(of key: EventKey) -> Int32 {
        let number = numbers.number(key)
        if found.count < numbers.count { found.append(-1) }
        return number
    }
}

// Events lie apart in memory, and to wait for those that another one names takes as long as to judge it. So what is
// needed soon is fetched meanwhile: first their entries in the list, each in two lines of memory, and then they themselves.
extension RoomEvents {
    /// So many events before its turn, one is fetched.
    static let ahead = 8

    /// Fetches where the events lie that the one at `place` names.
    func prefetchEntries(namedBy place: Int) {
        all.withUnsafeBufferPointer { all in
            guard let start = all.baseAddress else { return }
            for i in authEventPlaces(of: place) {
                let at = found[Int(authEvents[i])]
                if at >= 0 { cmalloc_prefetch(start + Int(at), 2) }
            }
        }
    }

    /// Fetches the event at `place` and those that it names.
    func prefetchEvents(of place: Int) {
        prefetch(place)
        for i in authEventPlaces(of: place) {
            let at = found[Int(authEvents[i])]
            if at >= 0 { prefetch(Int(at)) }
        }
    }

    private func prefetch(_ place: Int) {
        cmalloc_prefetch(Unmanaged.passUnretained(all[place].event).toOpaque(), 4)
    }
}
