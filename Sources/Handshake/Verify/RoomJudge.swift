internal import Federation
internal import Matrix

/// Judges a room that a resident handed out (server-server API, "Checks performed on receipt of a PDU").
///
/// Only what decides the join fails it: the create event, the events that authorise our join, our own event. Any other
/// event that does not stand is listed, counted, and dropped where it cannot be verified, as joining servers do.
struct RoomJudge: Sendable {
    let subject: RoomSubject
    let body: Blob
    let answer: SendJoinAnswer
    let network: Network
    let keys: KeyPolicy
    /// Whether a warning counts as a failed check.
    let isStrict: Bool
    /// Whether the resident may be asked for events that the answer lacks: with a key of ours alone.
    var fetchesEvents = true
    let cores: Int
    let journal: Journal

    private var checks: RoomChecks { RoomChecks(subject: subject, body: body, journal: journal) }
    private var fetch: KeyFetch { KeyFetch(network: network, resident: subject.resident, journal: journal) }

    /// Judges `events`, which were read of `body`; `ring` has the keys that are known already.
    func judge(_ read: consuming RoomEvents, _ known: KeyRing) async throws(Failure) -> RoomVerdict {
        var (events, ring) = (read, known)
        list(malformed: events.malformed)
        list(ambiguous: events.ambiguous)
        let (_, room, version) = try checks.create(in: events)
        journal.note { $0.roomVersion = version }
        checks.dropForeign(&events, room)
        let own = try subject.event.map { sent throws(Failure) in try checks.returnedEvent(answer, sent) }
        if own == nil { journal.check("join", .skip, "without our event, the checks of the join itself are left out") }
        let began = ContinuousClock.now
        let missing = MissingEvents(judge: self, version: version, room: room)
        try await missing.fetch(&events, for: own)
        try goOn()
        let deciding = try deciding(events, own, room)
        if let id = events.ambiguous.first(where: { id in events.place(id).map(deciding.contains) == true }) {
            throw failure("different events bear the id \(id), which decides our join")
        }
        try checkHashes(events, deciding)
        let signatures = SignatureChecks(
            body: body, version: version, fetch: fetch, policy: keys, cores: cores, journal: journal)
        await signatures.finish(&events, deciding: deciding, own, &ring)
        try goOn()
        journal.timing("signatures", since: began)
        if journal.options.explains {
            EventReasons(events: events, body: body, version: version, keys: ring.table, journal: journal).tell()
        }
        let whole = events.without(events.all.indices.filter { events.all[$0].fault != nil })
        // The rules keep all cores busy but for moments, which the rest uses.
        async let standings = standings(whole, version)
        try SignatureReport(events: events, version: version, own: own, ring: ring, isStrict: isStrict, judge: self)
            .report(deciding, signatures)
        let places = Set(deciding.compactMap { whole.place(events.all[$0].id) })
        events = whole
        var members = Members(whole)
        let state = try checks.set(whole, members, answer, deciding: places)
        let refused = try report(await standings, whole, own, version, places, state)
        events.remove(refused)
        if !refused.isEmpty { members = Members(events) }
        if let own {
            PolicyServerCheck(body: body, version: version, journal: journal).check(
                events, allMembers: !answer.membersOmitted, own: own)
        }
        journal.record(.room(RoomSummary(events, members, body, room, version, answer, us: own?.sender.server)))
        freeLater(events, whole)
        return RoomVerdict(id: room, version: version)
    }

    /// What did not come because the run was cancelled is no fault of the room.
    private func goOn() throws(Failure) {
        guard !Task.isCancelled else { throw Failure(.verify, .other, "cancelled", server: subject.resident?.server) }
    }

    private static let manyToFree = 5000

    /// To free that many objects takes a while, which nobody who waits for the verdict has to wait for: a command ends
    /// before.
    private func freeLater(_ rooms: RoomEvents...) {
        guard rooms.contains(where: { $0.count > Self.manyToFree }) else { return }
        Task.detached {
            try? await Task.sleep(for: .seconds(1))
            withExtendedLifetime(rooms) {}
        }
    }

    private func list(malformed: [String]) {
        for problem in malformed { journal.finding("format", problem) }
        let count = malformed.count
        if count > 0 { journal.check("format", .warn, "\(count) event\(count == 1 ? "" : "s") of wrong form dropped") }
    }

    /// Who chooses ids can give one to several events, and show each server another.
    private func list(ambiguous ids: [EventID]) {
        for id in ids { journal.finding("event_id", "different events bear the id \(id)", subject: id.text) }
        let count = ids.count
        if count > 0 {
            journal.check("event_id", .warn, "\(count) event\(count == 1 ? " bears" : "s bear") the id of another")
        }
    }

    /// The places of the create event and of those that authorise our join; each must be there.
    private func deciding(_ events: RoomEvents, _ own: PDU?, _ room: RoomID) throws(Failure) -> Set<Int> {
        var deciding = Set(events.creates)
        for id in own?.authEvents ?? [] {
            guard let place = events.place(id) else {
                throw checks.failure("the answer lacks \(id), which authorises our join")
            }
            deciding.insert(place)
        }
        return deciding
    }

    private func checkHashes(_ events: RoomEvents, _ deciding: Set<Int>) throws(Failure) {
        let differing = events.all.indices.filter { events.all[$0].contentHash == .differs }
        for place in differing {
            let event = events.all[place]
            journal.finding(
                "content_hash", "\(event.id) (\(event.event.type)): its content is not what was hashed",
                subject: event.id.text)
        }
        let redacted = events.all.indices.count { events.all[$0].contentHash == .redactedCopy }
        let note = redacted > 0 ? ", \(redacted) redacted since" : ""
        journal.check(
            "content_hashes", differing.isEmpty ? .pass : .warn,
            "\(events.count - differing.count) of \(events.count) content hashes\(note)")
        guard let place = differing.first(where: deciding.contains) else { return }
        let event = events.all[place]
        throw failure("the content of \(event.event.type) \(event.id), which decides our join, is not what was hashed")
    }

    /// What the rules say of each event, and how long they took; the create event is known to be there.
    private func standings(_ events: RoomEvents, _ version: RoomVersion) async -> ([AuthChecks.Standing], Duration) {
        let began = ContinuousClock.now
        guard let create = events.creates.first else { return ([], .zero) }
        let standings = await AuthChecks(
            events: events, body: body, version: version, create: create, cores: cores
        ).judgeAll()
        return (standings, began.duration(to: .now))
    }

    /// The places of the events that the rules reject, which are no part of the room; of one that was redacted since
    /// nobody can tell whether it was allowed as it was.
    private func report(
        _ found: (standings: [AuthChecks.Standing], took: Duration), _ events: RoomEvents, _ own: PDU?,
        _ version: RoomVersion, _ deciding: Set<Int>, _ state: StatePlaces
    ) throws(Failure) -> [Int] {
        guard let create = events.creates.first else { return [] }
        journal.timing("auth_rules", found.took)
        let report = AuthReport(
            events: events, standings: found.standings, version: version, create: create, state: state, judge: self)
        try report.list(deciding)
        if let own { try report.join(own) }
        return found.standings.indices.filter {
            found.standings[$0].rejection != nil && events.all[$0].contentHash != .redactedCopy
        }
    }

    func failure(_ message: String) -> Failure { checks.failure(message) }
}
