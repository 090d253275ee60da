internal import Federation
internal import Matrix

/// Verifies the signatures of a room's events that could not be verified while they were read, with all keys that can
/// be had.
struct SignatureChecks: Sendable {
    let body: Blob
    let version: RoomVersion
    let fetch: KeyFetch
    let policy: KeyPolicy
    let cores: Int
    let journal: Journal

    /// Verifies what is pending in `events`, and then whatever keys of notaries can mend. `deciding` are the places of
    /// the events whose keys come first.
    func finish(_ events: inout RoomEvents, deciding: Set<Int>, _ own: PDU?, _ ring: inout KeyRing) async {
        ring.wantFirst(servers(events, deciding, own))
        ring.want(others(events))
        let direct = fetch
        await ring.fetchAll { server in await direct.direct(server) }
        ring.close()
        guard !Task.isCancelled else { return }
        await verify(&events, pending(events), ring.table)
        guard !policy.isOffline, policy.usesNotaries else { return }
        for (notary, source) in notaries {
            let needs = needs(events, own, ring.table)
            guard !needs.isEmpty else { return }
            let found = await fetch.query(notary, needs, enforcesValidity: version.enforcesKeyValidity)
            guard !found.isEmpty else { continue }
            ring.add(found, from: source)
            let servers = Set(found.map(\.server))
            let mendable = events.all.indices.filter { place in
                events.all[place].fault.map { servers.contains($0.server) } == true
            }
            await verify(&events, mendable, ring.table)
        }
    }

    private var notaries: [(ServerName, KeyTable.Source)] {
        policy.notaries.map { ($0, .notary) } + [fetch.resident?.server].compactMap { $0 }.map { ($0, .resident) }
    }

    private func pending(_ events: RoomEvents) -> [Int] {
        events.all.indices.filter { if case .pending = events.all[$0].signatures { true } else { false } }
    }

    private func servers(_ events: RoomEvents, _ deciding: Set<Int>, _ own: PDU?) -> [ServerName] {
        var servers: [ServerName] = own.map { EventSignatures.requiredServers(of: $0.object, version) } ?? []
        for place in deciding.sorted() {
            guard case .pending(let needed) = events.all[place].signatures else { continue }
            servers += needed
        }
        var seen: Set<ServerName> = []
        return servers.filter { seen.insert($0).inserted }
    }

    /// The servers that more events wait for come first.
    private func others(_ events: RoomEvents) -> [ServerName] {
        var counts: [ServerName: Int] = [:]
        for place in events.all.indices {
            guard case .pending(let servers) = events.all[place].signatures else { continue }
            for server in servers { counts[server, default: 0] += 1 }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// Which keys are missing, and at which time each has to be valid.
    private func needs(_ events: RoomEvents, _ own: PDU?, _ keys: KeyTable) -> [ServerName: [KeyID: Int]] {
        var needs: [ServerName: [KeyID: Int]] = [:]
        func need(_ fault: SignatureFault, at time: Int) {
            guard case .unknownKeys(let ids) = fault.verdict else { return }
            for id in ids.prefix(10) {
                needs[fault.server, default: [:]][id] = max(needs[fault.server]?[id] ?? 0, time)
            }
        }
        for place in events.all.indices {
            if let fault = events.all[place].fault { need(fault, at: events.all[place].timestamp) }
        }
        if let own, let fault = fault(of: own, keys) { need(fault, at: own.timestamp) }
        return needs
    }

    /// What is wrong with the signatures of our own event, as it came back.
    func fault(of own: PDU, _ keys: KeyTable) -> SignatureFault? {
        for server in EventSignatures.requiredServers(of: own.object, version) {
            let verdict = EventSignatures.check(
                own.object, version, of: server, now: WallClock.now(), keys: keys[server] ?? [:])
            if verdict != .valid { return SignatureFault(server: server, verdict: verdict) }
        }
        return nil
    }

    /// Verifies the events at `places` anew, on all cores.
    private func verify(_ events: inout RoomEvents, _ places: [Int], _ keys: KeyTable) async {
        let (body, version, all) = (body, version, events.all)
        let found = await Spread.over(places.count, cores: cores) { part in
            var checker = EventChecker(version, room: nil, keys: keys, now: WallClock.now())
            return part.map { i -> (Int, ReadEvent)? in
                let event = all[places[i]]
                guard case .success(let read) = checker.read(event.range, of: event.source ?? body) else { return nil }
                return (places[i], read)
            }
        }
        for case (let place, let read)? in found.flatMap(\.self) {
            events.update(place, read.signatures, isSignedByAuthoriser: read.isSignedByAuthoriser)
        }
    }
}
