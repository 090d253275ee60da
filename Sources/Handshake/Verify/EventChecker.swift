internal import Federation
internal import Matrix

/// Reads and checks events of one answer one after the other (server-server API, "Checks performed on receipt of a
/// PDU", 1 to 3).
struct EventChecker: Sendable {
    private var reader: EventReader
    private let version: RoomVersion
    var keys: KeyTable
    private let now: Int
    private let parks: Bool
    /// What has to be verified yet of those that are read at once, by their place among these.
    private var queue = SignatureQueue()
    private var near: NearKeys

    /// The types whose whole content the authorisation rules look at.
    private static let kept: Set<Text> = [
        "m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.third_party_invite",
    ]

    /// Events that lie in so many bytes are looked at together.
    private static let mostTogether = 1 << 18

    /// Unless it `parks`, an event of any size is given whole. It remembers the names of some `servers`, as an
    /// `EventReader` does.
    init(_ version: RoomVersion, room: RoomID?, keys: KeyTable, now: Int, parks: Bool = true, servers: Int = 64) {
        self.parks = parks
        near = NearKeys(size: servers)
        reader = EventReader(version, room: room, servers: servers)
        self.version = version
        self.keys = keys
        self.now = now
    }

    /// The events in `ranges` of `body`, fewer where the task is stopped. `isNew` says of an id, and of where it starts,
    /// whether its signatures have to be looked at: an event that stands in both lists is verified once.
    mutating func read(
        _ ranges: [Range<Int>], of body: Blob, isNew: (EventKey, Int) -> Bool = { _, _ in true }
    ) -> [Result<ReadEvent, PDU.Failure>] {
        var results: [Result<ReadEvent, PDU.Failure>] = []
        results.reserveCapacity(ranges.count)
        // Nobody waits for what a run that was stopped would read.
        while results.count < ranges.count, !Task.isCancelled {
            readNear(ranges, of: body, into: &results, isNew)
            if queue.isFull { settle(&results, ranges, body) }
        }
        settle(&results, ranges, body)
        return results
    }

    /// The next of `ranges`, and those after it that lie near: they are looked at once, since of a file that is a call of
    /// the system.
    private mutating func readNear(
        _ ranges: [Range<Int>], of body: Blob, into results: inout [Result<ReadEvent, PDU.Failure>],
        _ isNew: (EventKey, Int) -> Bool
    ) {
        let start = ranges[results.count].lowerBound
        let near = ranges[results.count...].prefix { $0.upperBound - start <= Self.mostTogether }
        guard let end = near.last?.upperBound else {
            return results.append(read(ranges[results.count], of: body, at: results.count) { isNew($0, start) })
        }
        body.withBytes(in: start..<end) { bytes in
            for range in near {
                let s = bytes.extracting(range.lowerBound - start..<range.upperBound - start)
                results.append(
                    Result { () throws(PDU.Failure) in
                        try read(s, range, results.count) { isNew($0, range.lowerBound) }
                    })
            }
        }
    }

    /// The one event in `range` of `body`, whose signatures are looked at unless told otherwise.
    mutating func read(
        _ range: Range<Int>, of body: Blob, verifies: Bool = true
    ) -> Result<ReadEvent, PDU.Failure> {
        read(range, of: body, at: nil) { _ in verifies }
    }

    /// The event that gets `place` among those that are read at once; one without is verified at once.
    private mutating func read(
        _ range: Range<Int>, of body: Blob, at place: Int?, isNew: (EventKey) -> Bool
    ) -> Result<ReadEvent, PDU.Failure> {
        guard range.count <= PDU.longestText else { return .failure(PDU.tooLong(range.count)) }
        return body.withBytes(in: range) { bytes in
            Result { () throws(PDU.Failure) in try read(bytes, range, place, isNew) }
        }
    }

    /// Verifies what was put off; an event that has a wrong signature is read again, to say which.
    private mutating func settle(
        _ results: inout [Result<ReadEvent, PDU.Failure>], _ ranges: [Range<Int>], _ body: Blob
    ) {
        for place in queue.wrongPlaces() { results[place] = read(ranges[place], of: body) }
    }

    private mutating func read(
        _ s: Span<UInt8>, _ range: Range<Int>, _ place: Int?, _ isNew: (EventKey) -> Bool
    ) throws(PDU.Failure) -> ReadEvent {
        let facts = try reader.read(s)
        let hash = contentHash(facts, s)
        let isLarge = parks && s.count > EventLoader.largest
        let isParked = isLarge && (Self.kept.contains(facts.type) || facts.type == "m.room.member")
        let content = isParked ? parked(s) : content(facts, isGenuine: hash != .differs, s)
        let event = AuthEvent(
            id: facts.id, type: facts.type, stateKey: facts.stateKey, sender: facts.sender,
            roomID: version.namesRoomsByHash && facts.type == "m.room.create" ? nil : facts.roomID,
            key: facts.key, previous: facts.previous, hasPrevious: facts.hasPrevious, content: content,
            redacts: redacts(facts, isGenuine: hash != .differs, s))
        // Of two copies that are read at once the other is verified first, and this one later where it counts.
        var signatures = isNew(facts.key) ? verify(facts, s, place) : .pending(reader.requiredServers(facts, s))
        let authoriser = authoriserSigned(event, facts, s)
        if case .waits(let server) = authoriser, signatures.mayStand {
            signatures = .pending(reader.requiredServers(facts, s) + [server])
        }
        return ReadEvent(
            event: event, range: range, timestamp: facts.timestamp, contentHash: hash,
            isParked: isParked, signatures: signatures,
            isSignedByAuthoriser: authoriser == .signed, key: facts.key,
            authEvents: facts.authEvents, chosenAuthEvents: facts.chosenAuthEvents)
    }

    private func contentHash(_ facts: EventFacts, _ s: Span<UInt8>) -> ReadEvent.ContentHash {
        if facts.contentMatches { return .matches }
        let object = reader.object(s)
        return version.redaction.redact(object) == object.filter { $0 != "unsigned" } ? .redactedCopy : .differs
    }

    /// What the rules look at. An event whose content is not what was hashed counts as redacted (check 3); such a create
    /// event fails the room, and its version is told from what it says.
    private mutating func content(_ facts: EventFacts, isGenuine: Bool, _ s: Span<UInt8>) -> JSON.Object {
        guard isGenuine || facts.isCreate else {
            return version.redaction.redact(reader.object(s))["content"]?.object ?? JSON.Object()
        }
        if Self.kept.contains(facts.type) { return reader.content(s) }
        return facts.type == "m.room.member" ? reader.contentOfMember(s) : JSON.Object()
    }

    /// What is kept of the content of a large event.
    private func parked(_ s: Span<UInt8>) -> JSON.Object {
        var kept = JSON.Object()
        for key: Text in ["membership", "join_authorised_via_users_server"] {
            // What is no text is as good as any other that is none.
            kept[key] = reader.content(key, s).map { $0.text.map { .string($0) } ?? .null }
        }
        return kept
    }

    /// What a redaction of versions 1 and 2 names; redaction takes it away.
    private func redacts(_ facts: EventFacts, isGenuine: Bool, _ s: Span<UInt8>) -> Text? {
        version.choosesEventIDs && isGenuine && facts.type == "m.room.redaction" ? reader.redacts(s) : nil
    }

    /// Whether the server of the one that `join_authorised_via_users_server` names has signed.
    private enum AuthoriserSigned: Hashable {
        case signed, missing
        /// Nothing is known of that server's keys yet.
        case waits(ServerName)
    }

    /// The one who let a restricted room's join in has signed that join, or it is dropped; of another membership that
    /// names one, which the rules ask about, too, it is looked at here. Who is no user has signed nothing.
    private func authoriserSigned(_ event: AuthEvent, _ facts: EventFacts, _ s: Span<UInt8>) -> AuthoriserSigned {
        guard version.allowsRestrictedJoins, event.namesAuthoriser else { return .signed }
        guard let server = event.authoriser.flatMap({ UserID($0) })?.server else { return .missing }
        guard event.membership != .join else { return .signed }
        guard let keys = keys[server] else { return .waits(server) }
        return verdict(of: server, keys, facts.timestamp, s) == .valid ? .signed : .missing
    }

    /// What can be said before the queue is settled. Nearly every event is signed by one key of its server, which is
    /// known: only then something is put there.
    private mutating func verify(_ facts: EventFacts, _ s: Span<UInt8>, _ place: Int?) -> ReadEvent.Signatures {
        // A list is made of the servers only where there may be several.
        let isOfSenderAlone = reader.needsSendersAlone
        if let place, isOfSenderAlone, putOff(place, facts.sender.server, facts, s) { return .valid }
        let servers = reader.requiredServers(facts, s)
        var isPending = false
        for server in servers {
            guard let keys = keys[server] else {
                isPending = true
                continue
            }
            if let place, !isOfSenderAlone, putOff(place, server, facts, s) { continue }
            let verdict = verdict(of: server, keys, facts.timestamp, s)
            if verdict != .valid { return .bad(SignatureFault(server: server, verdict: verdict)) }
        }
        return isPending ? .pending(servers) : .valid
    }

    /// Has the one signature of `server` verified later; false where it has another number of them, or the key is not
    /// known or not valid then.
    private mutating func putOff(
        _ place: Int, _ server: ServerName, _ facts: EventFacts, _ s: Span<UInt8>
    ) -> Bool {
        guard let node = reader.soleSignature(of: server, s),
            let known = near.find(server, at: reader.senderPlace, in: keys, { reader.isKey(node, $0, s) }),
            known.isValid(at: facts.timestamp, now: now, isEnforced: version.enforcesKeyValidity),
            let signature = reader.signature(node, s)
        else { return false }
        return queue.add(place, known.key, signature, of: reader.signable)
    }

    private func verdict(
        of server: ServerName, _ keys: [KeyID: KnownKey], _ time: Int, _ s: Span<UInt8>
    ) -> EventSignatures.Verdict {
        EventSignatures.check(
            reader.signatures(of: server, s), of: reader.signable, at: time, version, now: now, keys: keys)
    }
}
