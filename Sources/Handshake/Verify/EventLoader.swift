internal import Federation
internal import Matrix

/// Gives an event with all that the rules look at: of those whose content is large, only where the content lies is kept,
/// so that no room can fill memory with it.
struct EventLoader: Sendable {
    let events: RoomEvents
    let body: Blob
    let version: RoomVersion
    /// Whether other loaders work at the same time: then what most events name is read again for each, since cores that
    /// count references to one object wait for each other.
    private let isOneOfMany: Bool
    private var checker: EventChecker?
    private var recent: [Int: AuthEvent] = [:]
    private var own: [Int: AuthEvent] = [:]

    /// Contents of more than this, with the event around them, are read again where they are needed.
    static let largest = 8192
    private static let mostRecent = 16
    private static let mostOwn = 256

    init(_ events: RoomEvents, _ body: Blob, _ version: RoomVersion, isOneOfMany: Bool = false) {
        self.isOneOfMany = isOneOfMany
        self.events = events
        self.body = body
        self.version = version
    }

    /// The event at `place`, whole.
    mutating func event(_ place: Int) -> AuthEvent {
        if events.all[place].isParked {
            if let event = recent[place] { return event }
            let event = read(place)
            if recent.count >= Self.mostRecent { recent = [:] }
            recent[place] = event
            return event
        }
        guard isOneOfMany, Self.isOfAll(events.all[place].kind) else { return events.all[place].event }
        if let event = own[place] { return event }
        guard own.count < Self.mostOwn else { return events.all[place].event }
        let event = read(place)
        own[place] = event
        return event
    }

    private static func isOfAll(_ kind: AuthEvent.Kind) -> Bool {
        kind == .create || kind == .powerLevels || kind == .joinRules
    }

    private mutating func read(_ place: Int) -> AuthEvent {
        var checker = checker ?? EventChecker(version, room: nil, keys: KeyTable(), now: 0, parks: false)
        defer { self.checker = checker }
        let (range, source) = (events.all[place].range, events.all[place].source ?? body)
        // It was read before, and its bytes are the same.
        guard case .success(let read) = checker.read(range, of: source, verifies: false) else {
            return events.all[place].event
        }
        return read.event
    }
}
