internal import Federation
internal import Matrix

/// Judges each event by the events that it names (server-server API, "Checks performed on receipt of a PDU", 4), those
/// that others rest on first.
struct AuthChecks: Sendable {
    enum Standing: Sendable {
        case allowed
        /// On the side, since few events are.
        indirect case rejected(AuthRejection)
        /// Events that it names are not there or could not be judged themselves.
        case unjudged
        /// It rests on itself.
        case circular

        var isAllowed: Bool { if case .allowed = self { true } else { false } }
        var rejection: AuthRejection? { if case .rejected(let rejection) = self { rejection } else { nil } }
    }

    let events: RoomEvents
    let body: Blob
    let version: RoomVersion
    /// The place of the create event.
    let create: Int
    let cores: Int

    /// How each event of `events` stands, by its place; in time that grows with their number alone.
    func judgeAll() async -> [Standing] {
        var standings = [Standing](repeating: .circular, count: events.count)
        var (waits, users) = edges()
        // From version 12 on every event rests on the create event, which none names.
        var bench = Bench(self)
        standings[create] = judge(create, standings, &bench)
        waits[create] = -1
        for user in users.of(create) { waits[user] -= 1 }
        // Made once a core, and not once a wave: there are as many waves as changes that others rest on.
        let benches = Pool<Bench>()
        var wave = events.all.indices.filter { waits[$0] == 0 }
        while !wave.isEmpty {
            if wave.count < Self.worthSpreading {
                for place in wave { standings[place] = judge(place, standings, &bench) }
            } else {
                let found = await judge(wave, standings, benches)
                for (place, standing) in zip(wave, found) { standings[place] = standing }
            }
            var next: [Int] = []
            for place in wave {
                for user in users.of(place) {
                    waits[user] -= 1
                    if waits[user] == 0 { next.append(user) }
                }
            }
            wave = next
        }
        return standings
    }

    /// Those that the event at `place` names and that are not there or not judged, as `standings` say.
    static func lacking(_ place: Int, _ events: RoomEvents, _ standings: [Standing]) -> [EventID] {
        events.authEvents(of: place).filter { number in
            guard let at = events.place(number) else { return true }
            switch standings[at] {
            case .allowed, .rejected: return false
            case .unjudged, .circular: return true
            }
        }.map { events.id($0) }
    }

    private static let worthSpreading = 512

    private func judge(_ wave: [Int], _ standings: [Standing], _ benches: Pool<Bench>) async -> [Standing] {
        let parts = await Spread.over(wave.count, cores: cores) { part in
            benches.with(or: Bench(self, isOneOfMany: true)) { bench in
                part.map { i in
                    prefetch(wave, part.upperBound, after: i)
                    return judge(wave[i], standings, &bench)
                }
            }
        }
        return Array(parts.joined())
    }

    private func prefetch(_ wave: [Int], _ end: Int, after i: Int) {
        let (soon, later) = (i + RoomEvents.ahead, i + 2 * RoomEvents.ahead)
        if later < end { events.prefetchEntries(namedBy: wave[later]) }
        if soon < end { events.prefetchEvents(of: wave[soon]) }
    }

    /// What one core judges with.
    private struct Bench {
        var loader: EventLoader
        let rules: AuthRules

        /// One of many that work at once shares nothing with the others that references are counted to.
        init(_ checks: AuthChecks, isOneOfMany: Bool = false) {
            loader = EventLoader(checks.events, checks.body, checks.version, isOneOfMany: isOneOfMany)
            rules = isOneOfMany ? checks.version.rules.copy : checks.version.rules
        }
    }

    /// Who names whom, as one list for all: the users of an event stand one after the other.
    private struct Users {
        var starts: [Int32]
        var list: [Int32]

        func of(_ place: Int) -> some Sequence<Int> {
            list[Int(starts[place])..<Int(starts[place + 1])].lazy.map { Int($0) }
        }
    }

    /// How many events that are there each one names, and by whom it is named.
    private func edges() -> (waits: [Int], users: Users) {
        var waits = [Int](repeating: 0, count: events.count)
        var counts = [Int32](repeating: 0, count: events.count + 1)
        for place in events.all.indices {
            for number in events.authEvents(of: place) {
                guard let named = events.place(number) else { continue }
                waits[place] += 1
                counts[named + 1] += 1
            }
        }
        for place in events.all.indices { counts[place + 1] += counts[place] }
        var list = [Int32](repeating: 0, count: Int(counts[events.count]))
        var next = counts
        for place in events.all.indices {
            for number in events.authEvents(of: place) {
                guard let named = events.place(number) else { continue }
                list[Int(next[named])] = Int32(truncatingIfNeeded: place)
                next[named] += 1
            }
        }
        return (waits, Users(starts: counts, list: list))
    }

    private func judge(_ place: Int, _ standings: [Standing], _ bench: inout Bench) -> Standing {
        // Nothing authorises a create event.
        let places = place == create ? 0..<0 : events.authEventPlaces(of: place)
        var named: [AuthEvent] = []
        named.reserveCapacity(places.count)
        var rejected: [EventID] = []
        var isLacking = false
        for i in places {
            guard let at = events.place(events.authEvent(i)) else {
                isLacking = true
                continue
            }
            switch standings[at] {
            case .allowed: break
            case .rejected: rejected.append(events.all[at].id)
            case .unjudged, .circular: isLacking = true
            }
            named.append(bench.loader.event(at))
        }
        guard !isLacking else { return .unjudged }
        if version.namesRoomsByHash, place != create, !standings[create].isAllowed {
            rejected.append(events.all[create].id)
        }
        let context = AuthContext(
            authEvents: named, create: version.namesRoomsByHash ? bench.loader.event(create) : nil, rejected: rejected,
            isSignedByAuthoriser: events.all[place].isSignedByAuthoriser)
        switch bench.rules.judge(bench.loader.event(place), context, trace: nil) {
        case .allowed: return .allowed
        case .rejected(let rejection): return .rejected(rejection)
        }
    }
}
