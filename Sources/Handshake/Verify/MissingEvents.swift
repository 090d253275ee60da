internal import Federation
internal import Matrix

/// Events that the answer lacks and that our join rests on: asked of the resident, which has just let us in.
struct MissingEvents: Sendable {
    let judge: RoomJudge
    let version: RoomVersion
    let room: RoomID

    private static let mostFetched = 20
    private static let limit = 16 << 20

    private var journal: Journal { judge.journal }

    /// Adds to `events` what they lack of the events that `own` rests on, as far as the resident has it.
    func fetch(_ events: inout RoomEvents, for own: PDU?) async throws(Failure) {
        guard let own else { return count(events) }
        let lacking = lacking(events, own)
        if !lacking.isEmpty, judge.fetchesEvents, let resident = judge.subject.resident {
            await fetchChain(&events, own, resident)
            for id in self.lacking(events, own).prefix(Self.mostFetched) { await fetchOne(&events, id, resident) }
            report(lacking, in: events, resident.server)
        }
        count(events)
    }

    private func report(_ lacking: [EventID], in events: RoomEvents, _ resident: ServerName) {
        for id in lacking {
            let came = events.place(id) != nil
            journal.finding(
                "auth_chain",
                "the answer lacks \(id), on which our join rests\(came ? ": fetched from \(resident)" : "")",
                subject: id.text)
        }
        let fetched = lacking.count { events.place($0) != nil }
        let given =
            fetched < lacking.count ? "\(fetched) when asked" : fetched == 1 ? "it when asked" : "all when asked"
        journal.check(
            "auth_chain", .warn,
            "of the events that our join rests on \(lacking.count) \(lacking.count == 1 ? "was" : "were") not in the "
                + "answer; \(resident) gave \(given)",
            server: resident)
    }

    /// What is named and not there; none of it decides the join. Those that most events name are listed: a hostile
    /// answer can name any number.
    private func count(_ events: RoomEvents) {
        let users = events.missing
        let missing = users.indices.count { users[$0] > 0 }
        guard missing > 0 else { return }
        let worst = users.indices.lazy.filter { users[$0] > 0 }.prefix(Self.mostSorted)
            .sorted { (users[$1], $0) < (users[$0], $1) }
        for number in worst.prefix(Self.mostListed) {
            let id = events.id(Int32(truncatingIfNeeded: number))
            journal.finding(
                "auth_chain", "the answer lacks \(id), which \(users[number]) of its events name",
                subject: id.text)
        }
        journal.check(
            "auth_chain", .warn,
            "the auth chain is not complete: \(missing) event\(missing == 1 ? " is" : "s are") missing")
    }

    private static let mostSorted = 10_000
    private static let mostListed = 1000

    /// The events that our join rests on, directly or by others, and that are not there.
    private func lacking(_ events: RoomEvents, _ own: PDU) -> [EventID] {
        var lacking: [EventID] = []
        var seen: Set<EventID> = []
        var waiting = own.authEvents
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            guard let place = events.place(id) else {
                lacking.append(id)
                continue
            }
            waiting += events.authEvents(of: place).map { events.id($0) }
        }
        return lacking.sorted()
    }

    /// `GET /event_auth/{roomId}/{eventId}`: the whole auth chain of an event (server-server API).
    private func fetchChain(_ events: inout RoomEvents, _ own: PDU, _ resident: Destination) async {
        let target = RequestTarget("/_matrix/federation/v1/event_auth", [room.text, own.id.text])
        guard
            let answer = try? await judge.network.remote(resident).json(
                .get, target, limits: judge.network.limits(Self.limit, seconds: 30))
        else { return }
        for event in (answer["auth_chain"]?.array ?? []).prefix(10_000) { add(event, to: &events) }
    }

    /// `GET /event/{eventId}`: a transaction of one event.
    private func fetchOne(_ events: inout RoomEvents, _ id: EventID, _ resident: Destination) async {
        let target = RequestTarget("/_matrix/federation/v1/event", [id.text])
        guard
            let answer = try? await judge.network.remote(resident).json(
                .get, target, limits: judge.network.limits(256 << 10)),
            let event = answer["pdus"]?.array?.first
        else { return }
        add(event, to: &events, only: id)
    }

    private func add(_ value: JSON, to events: inout RoomEvents, only id: EventID? = nil) {
        let body = Blob(value.compact)
        var checker = EventChecker(version, room: room, keys: KeyTable(), now: WallClock.now())
        guard case .success(let read) = checker.read(0..<body.count, of: body), id == nil || read.event.id == id,
            read.event.roomID == room, events.place(read.event.id) == nil
        else { return }
        // The answer was seen to have one create event before anybody was asked.
        guard !read.event.isCreate else {
            return journal.finding(
                "create_event", "\(read.event.id), which came when asked, is a second create event; dropped",
                subject: read.event.id.text)
        }
        events.add(read, isOfState: false, in: body)
    }
}
