internal import Federation
internal import Matrix

/// What is kept of one event of a room: some 500 bytes.
struct RoomEvent: Sendable {
    let event: AuthEvent
    let range: Range<Int>
    let timestamp: Int
    let contentHash: ReadEvent.ContentHash
    var signatures: ReadEvent.Signatures
    var isSignedByAuthoriser: Bool
    /// The events that it names, by their numbers.
    let authEvents: [Int32]
    let isOfState: Bool
    /// Where its bytes lie, if not in the answer.
    var source: Blob?

    var id: EventID { event.id }
    var fault: SignatureFault? { if case .bad(let fault) = signatures { fault } else { nil } }
}

/// A room's events, each once, by numbers: an id that an event names has one, too, where the event itself is not there.
struct RoomEvents: Sendable {
    private var numbers: [EventID: Int32] = [:]
    private(set) var ids: [EventID] = []
    /// By number.
    private var found: [Int32] = []
    /// In the order that the answer has them, state first.
    private(set) var all: [RoomEvent] = []

    /// Events that were dropped before they were any, and why.
    private(set) var malformed: [String] = []

    var count: Int { all.count }

    mutating func reserve(_ count: Int) {
        numbers.reserveCapacity(count)
        ids.reserveCapacity(count)
        found.reserveCapacity(count)
        all.reserveCapacity(count)
    }

    /// The place of the event of number `number` in `all`; nil where it is not there.
    func place(_ number: Int32) -> Int? {
        let place = found[Int(number)]
        return place < 0 ? nil : Int(place)
    }

    func place(_ id: EventID) -> Int? { numbers[id].flatMap { place($0) } }

    subscript(id: EventID) -> RoomEvent? { place(id).map { all[$0] } }

    /// Adds `read`, unless it is there already; whether it was not.
    @discardableResult
    mutating func add(_ read: ReadEvent, isOfState: Bool, in source: Blob? = nil) -> Bool {
        let number = number(of: read.event.id)
        guard found[Int(number)] < 0 else { return false }
        found[Int(number)] = Int32(truncatingIfNeeded: all.count)
        // The event's own text stands for all who name it.
        ids[Int(number)] = read.event.id
        var named: [Int32] = []
        named.reserveCapacity(read.authEvents.count)
        for id in read.authEvents { named.append(self.number(of: id)) }
        all.append(
            RoomEvent(
                event: read.event, range: read.range, timestamp: read.timestamp, contentHash: read.contentHash,
                signatures: read.signatures, isSignedByAuthoriser: read.isSignedByAuthoriser, authEvents: named,
                isOfState: isOfState, source: source))
        return true
    }

    mutating func drop(malformed problem: String) { malformed.append(problem) }

    mutating func update(_ place: Int, _ signatures: ReadEvent.Signatures, isSignedByAuthoriser: Bool) {
        all[place].signatures = signatures
        all[place].isSignedByAuthoriser = isSignedByAuthoriser
    }

    /// Takes away the events that `isDropped` says; those that name them lack them then.
    mutating func remove(_ isDropped: (RoomEvent) -> Bool) {
        let kept = all.filter { !isDropped($0) }
        guard kept.count < all.count else { return }
        for event in all { found[Int(numbers[event.id] ?? 0)] = -1 }
        all = kept
        for (place, event) in kept.enumerated() {
            if let number = numbers[event.id] { found[Int(number)] = Int32(truncatingIfNeeded: place) }
        }
    }

    private mutating func number(of id: EventID) -> Int32 {
        if let number = numbers[id] { return number }
        let number = Int32(truncatingIfNeeded: ids.count)
        numbers[id] = number
        ids.append(id)
        found.append(-1)
        return number
    }
}
