internal import Federation
internal import Matrix

/// What is said of a room's keys and signatures.
struct SignatureReport: Sendable {
    let events: RoomEvents
    let version: RoomVersion
    let own: PDU?
    let ring: KeyRing
    let isStrict: Bool
    let judge: RoomJudge

    private var journal: Journal { judge.journal }

    /// Lists what is missing or wrong; fails where an event of `deciding` or our own cannot be verified.
    func report(_ deciding: Set<Int>, _ checks: SignatureChecks) throws(Failure) {
        let ownFault = own.flatMap { checks.fault(of: $0, ring.table) }
        let faults = events.all.indices.filter { events.all[$0].fault != nil }
        reportKeys(faults)
        for place in faults {
            guard let fault = events.all[place].fault else { continue }
            let id = events.all[place].id
            journal.finding(
                "event_signature", "\(id): \(fault.words); dropped", subject: id.text, server: fault.server)
        }
        if let own, let ownFault {
            journal.finding(
                "event_signature", "\(own.id): \(ownFault.words); dropped", subject: own.id.text,
                server: ownFault.server)
        }
        let servers = events.servers().count
        let count = events.count + (own == nil ? 0 : 1)
        let failed = faults.count + (ownFault == nil ? 0 : 1)
        journal.check(
            "signatures", failed == 0 ? .pass : .warn,
            "\(count - failed) of \(count) events have the signatures they need, of \(Self.servers(servers))")
        if let place = faults.first(where: deciding.contains), let fault = events.all[place].fault {
            throw failure(events.all[place].id, fault)
        }
        if let own, let ownFault { throw failure(own.id, ownFault) }
        if isStrict { try checkVouching(deciding, checks.version) }
    }

    private func reportKeys(_ faults: [Int]) {
        let vouched = ring.table.entries.filter { !$0.value.vouched.isEmpty }.sorted { $0.key < $1.key }
        for (server, entry) in vouched {
            let keys = entry.vouched.sorted().map(\.description).joined(separator: ", ")
            journal.finding(
                "key_source", "\(server) did not give \(keys); the resident's copy is used", server: server)
        }
        if !vouched.isEmpty {
            journal.check(
                "resident_keys", .warn,
                "keys of \(Self.servers(vouched.count)) are those that the resident keeps: only the resident vouches for them"
            )
        }
        let named = ring.table.entries.count { $0.value.has(.notary) }
        if named > 0 {
            journal.check("notary_keys", .pass, "the keys of \(Self.servers(named)) come from notaries")
        }
        for (server, failure) in ring.failures.sorted(by: { $0.key < $1.key }) where ring.table.entries[server] == nil {
            journal.finding("server_keys", "no keys of \(server): \(failure.message)", server: server)
        }
        let left = ring.notAsked.filter { ring.table.entries[$0] == nil }
        if !left.isEmpty {
            journal.check(
                "server_keys", .warn,
                "\(Self.servers(left.count)) \(left.count == 1 ? "was" : "were") not asked for keys: more than --max-key-servers signed this room"
            )
        }
        reportDead(faults)
    }

    /// The servers whose keys nobody has, and how much hangs on each.
    private func reportDead(_ faults: [Int]) {
        var counts: [ServerName: Int] = [:]
        for place in faults {
            guard let fault = events.all[place].fault, case .unknownKeys = fault.verdict else { continue }
            counts[fault.server, default: 0] += 1
        }
        guard !counts.isEmpty else { return }
        let total = counts.values.reduce(0, +)
        let worst = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
        let shown = worst.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        let events = "\(total) event\(total == 1 ? " hangs" : "s hang") on \(Self.servers(counts.count)) whose keys"
        if judge.keys.isOffline {
            return journal.check("keys_not_given", .warn, "\(events) were not given, and nobody was asked: \(shown)")
        }
        journal.check("dead_servers", .warn, "\(events) nobody has: \(shown)")
    }

    private static func servers(_ count: Int) -> String { "\(count) server\(count == 1 ? "" : "s")" }

    /// A key that only the resident vouches for may be of its own making.
    private func checkVouching(_ deciding: Set<Int>, _ version: RoomVersion) throws(Failure) {
        let keys = ring.table.withoutVouched
        var checker = EventChecker(version, room: nil, keys: keys, now: WallClock.now())
        for place in deciding.sorted() {
            let event = events.all[place]
            let read = checker.read(event.range, of: event.source ?? judge.body)
            guard case .success(let again) = read, case .bad(let fault) = again.signatures else { continue }
            throw judge.failure(
                "\(event.id), which decides our join, rests on a key of \(fault.server) that only the resident vouches for"
            )
        }
    }

    /// Where the keys could not be had, the reason's class decides: TLS, a time-out, a name.
    private func failure(_ id: EventID, _ fault: SignatureFault) -> Failure {
        let isUnknown = if case .unknownKeys = fault.verdict { true } else { false }
        let cause = isUnknown ? ring.failures[fault.server] : nil
        let reason = cause.map { ": \($0.message)" } ?? ""
        let words = "\(id), which decides our join: \(fault.words)"
        let kind = cause?.kind ?? .check
        let found = Diagnosis.of(Diagnosis.Symptom(stage: .verify, kind: kind, words: Text(words)))
        let diagnosis =
            isUnknown && wasNotAsked(fault.server)
            ? Diagnosis.named("keys-not-given")
            : cause?.kind == .check ? Self.cause(ofNoKeys: reason) : found
        var failure = Failure(.verify, kind, words + reason, server: fault.server)
        failure.side = .theirs
        failure.explain(diagnosis, DiagnosisNames(fault.server))
        failure.command = cause?.command ?? failure.command
        if isUnknown, fault.server == judge.subject.event?.sender.server { failure.tellOfOwnServer(fault.server) }
        return failure
    }

    /// Of an answer that came and was of no use, or of a place that nobody is led to.
    private static func cause(ofNoKeys reason: String) -> Diagnosis? {
        let found = Diagnosis.of(Diagnosis.Symptom(stage: .keys, kind: .check, words: Text(reason)))
        return found?.id == "address-blocked" ? found : Diagnosis.named("key-document-invalid")
    }

    private func wasNotAsked(_ server: ServerName) -> Bool {
        ring.table.entries[server] == nil && ring.failures[server] == nil
    }
}

extension Failure {
    /// Where it is our own key that nobody gives, it is for us to give it.
    fileprivate mutating func tellOfOwnServer(_ server: ServerName) {
        side = .ours
        let id = "own-key-unreachable"
        command = nil
        hints = [
            Hint(id, HintForm.ownServer.filled(server.description)), Hint(id, HintForm.ownServerToServe.filled()),
        ]
    }
}
