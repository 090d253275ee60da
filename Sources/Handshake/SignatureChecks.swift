internal import Federation
internal import Matrix

/// Checks the content hashes and signatures of a room's events with the keys that can be had.
struct SignatureChecks: Sendable {
    let received: ReceivedState
    let network: Network
    let version: RoomVersion
    let journal: Journal

    private struct Finding: Sendable {
        let id: EventID
        let server: ServerName
        let verdict: EventSignatures.Verdict
    }

    /// Fails where an event of `deciding` or our own cannot be verified; lists the others that cannot.
    func check(_ events: [ReceivedEvent], deciding: Set<EventID>, own: PDU) async throws(Failure) {
        try checkHashes(events, deciding)
        let servers = signers(events, deciding)
        let ring = await KeyRing.gather(servers, resident: received.event.resident, network, journal)
        report(ring)
        var findings = await verdicts(events, ring)
        findings += verdicts(of: own.object, own.id, ring)
        list(findings, of: events.count + 1, servers: servers.count)
        let decisive = deciding.union([own.id])
        if let finding = findings.first(where: { decisive.contains($0.id) }) { throw failure(finding, ring) }
    }

    private func checkHashes(_ events: [ReceivedEvent], _ deciding: Set<EventID>) throws(Failure) {
        let differing = events.filter { $0.contentHash == .differs }
        for event in differing.prefix(ReceivedEvents.mostListed) {
            journal.check(
                "content_hash", .warn, "\(event.id) (\(event.type)): its content is not what was hashed",
                subject: event.id.text)
        }
        let redacted = events.count { $0.contentHash == .redactedCopy }
        let note = redacted > 0 ? ", \(redacted) redacted since" : ""
        let matching = events.count - differing.count
        journal.check(
            "content_hashes", differing.isEmpty ? .pass : .warn, "\(matching) of \(events.count) content hashes\(note)")
        if let event = differing.first(where: { deciding.contains($0.id) }) {
            throw Failure(
                .verify, .check,
                "the content of \(event.type) \(event.id), which decides our join, is not what was hashed",
                server: received.event.resident.server
            ).explained("room-not-genuine")
        }
    }

    /// The servers whose keys are wanted: those of deciding events first, then by how many events they signed.
    private func signers(_ events: [ReceivedEvent], _ deciding: Set<EventID>) -> [ServerName] {
        var counts: [ServerName: Int] = [:]
        for event in events {
            let weight = deciding.contains(event.id) ? events.count + 1 : 1
            for server in event.signers { counts[server, default: 0] += weight }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    private func report(_ ring: KeyRing) {
        let vouched = ring.entries.filter { $0.value.source == .resident }.map(\.key).sorted()
        for server in vouched.prefix(ReceivedEvents.mostListed) {
            journal.check(
                "key_source", .warn, "\(server) gave no keys; those of the resident's copy are used", server: server)
        }
        for (server, failure) in ring.failures.sorted(by: { $0.key < $1.key }).prefix(ReceivedEvents.mostListed) {
            journal.check("server_keys", .warn, "no keys of \(server): \(failure.message)", server: server)
        }
        if !ring.notAsked.isEmpty {
            journal.check(
                "server_keys", .warn,
                "\(ring.notAsked.count) servers were not asked for their keys: more than \(KeyRing.mostServers) signed this room"
            )
        }
    }

    private func verdicts(_ events: [ReceivedEvent], _ ring: KeyRing) async -> [Finding] {
        let (body, version) = (received.body, version)
        let parts = await ReceivedEvents.spread(events.count) { part in
            part.flatMap { i -> [Finding] in
                guard case .success(let pdu) = ReceivedEvents.pdu(body, events[i].range, version) else { return [] }
                return Self.verdicts(of: pdu.object, pdu.id, version, ring)
            }
        }
        return parts.flatMap(\.self)
    }

    private func verdicts(of object: JSON.Object, _ id: EventID, _ ring: KeyRing) -> [Finding] {
        Self.verdicts(of: object, id, version, ring)
    }

    /// The signatures of `object` that are missing, wrong, or not to be checked.
    private static func verdicts(
        of object: JSON.Object, _ id: EventID, _ version: RoomVersion, _ ring: KeyRing
    ) -> [Finding] {
        EventSignatures.requiredServers(of: object, version).compactMap { server in
            let verdict = EventSignatures.check(
                object, version, of: server, now: WallClock.now(), keys: ring.entries[server]?.keys ?? [:])
            return verdict == .valid ? nil : Finding(id: id, server: server, verdict: verdict)
        }
    }

    private func list(_ findings: [Finding], of count: Int, servers: Int) {
        for finding in findings.prefix(ReceivedEvents.mostListed) {
            journal.check(
                "event_signature", .warn, "\(finding.id): \(words(finding)); dropped", subject: finding.id.text,
                server: finding.server)
        }
        let failed = Set(findings.map(\.id)).count
        journal.check(
            "signatures", failed == 0 ? .pass : .warn,
            "\(count - failed) of \(count) events have the signatures they need, of \(servers) server\(servers == 1 ? "" : "s")"
        )
    }

    private func words(_ finding: Finding) -> String {
        switch finding.verdict {
        case .valid: "valid"
        case .missing: "not signed by \(finding.server)"
        case .invalid(let key): "the signature of \(finding.server) by \(key) is wrong"
        case .unknownKeys(let keys):
            "no key \(keys.map(\.description).joined(separator: ", ")) of \(finding.server) that was valid then"
        }
    }

    /// Where the keys could not be had, the reason's class decides: TLS, a time-out, a name.
    private func failure(_ finding: Finding, _ ring: KeyRing) -> Failure {
        let cause = ring.failures[finding.server]
        let reason = cause.map { ": \($0.message)" } ?? ""
        let kind = if case .unknownKeys = finding.verdict { cause?.kind ?? .check } else { FailureClass.check }
        var failure = Failure(
            .verify, kind, "\(finding.id), which decides our join: \(words(finding))\(reason)", server: finding.server)
        failure.side = .theirs
        failure.explain(
            Diagnosis.of(Diagnosis.Symptom(stage: .verify, kind: kind)), DiagnosisNames(finding.server))
        failure.command = cause?.command
        return failure
    }
}
