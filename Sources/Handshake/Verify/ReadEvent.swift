internal import Federation
internal import Matrix

/// One event of an answer as far as its own bytes and the keys at hand tell.
struct ReadEvent: Sendable {
    enum ContentHash: Sendable, Hashable {
        case matches
        /// It does not match because the event was redacted since: everything is gone that redaction removes.
        case redactedCopy
        case differs
    }

    /// What became of the signatures that it needs.
    enum Signatures: Sendable {
        case valid
        case bad(SignatureFault)
        /// They were not verified yet, since nothing is known of the keys of at least one of these servers.
        case pending([ServerName])

        fileprivate var mayStand: Bool { if case .bad = self { false } else { true } }
    }

    let event: AuthEvent
    let range: Range<Int>
    let timestamp: Int
    let contentHash: ContentHash
    /// Whether more of the content than `event` has matters to the rules.
    let isParked: Bool
    var signatures: Signatures
    /// Whether the server of the user in `join_authorised_via_users_server` has validly signed it.
    var isSignedByAuthoriser: Bool
    let key: EventKey
    let authEvents: [EventKey]
    /// The ids of them in room versions 1 and 2.
    let chosenAuthEvents: [EventID]
}

/// Why an event's signatures do not stand.
struct SignatureFault: Sendable {
    let server: ServerName
    let verdict: EventSignatures.Verdict

    var words: String {
        switch verdict {
        case .valid: "valid"
        case .missing: "not signed by \(server)"
        case .invalid(let key): "the signature of \(server) by \(key) is wrong"
        case .unknownKeys(let keys):
            "no key \(keys.map(\.description).joined(separator: ", ")) of \(server) that was valid then"
        }
    }
}

/// Reads and checks events of one answer one after the other (server-server API, "Checks performed on receipt of a
/// PDU", 1 to 3).
struct EventChecker: Sendable {
    private var reader: EventReader
    private let version: RoomVersion
    var keys: KeyTable
    private let now: Int
    private let parks: Bool

    /// The types whose whole content the authorisation rules look at.
    private static let kept: Set<Text> = [
        "m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.third_party_invite",
    ]
    private static let keptOfMembers = KeySet([
        "membership", "join_authorised_via_users_server", "third_party_invite",
    ])

    /// Unless it `parks`, an event of any size is given whole. It remembers the names of some `servers`, as an
    /// `EventReader` does.
    init(_ version: RoomVersion, room: RoomID?, keys: KeyTable, now: Int, parks: Bool = true, servers: Int = 64) {
        self.parks = parks
        reader = EventReader(version, room: room, servers: servers)
        self.version = version
        self.keys = keys
        self.now = now
    }

    /// The event in `range` of `body`. `isNew` says of an id whether its signatures have to be looked at: an event that
    /// stands in both lists is verified once.
    mutating func read(
        _ range: Range<Int>, of body: Blob, isNew: (EventKey) -> Bool = { _ in true }
    ) -> Result<ReadEvent, PDU.Failure> {
        body.withBytes(in: range) { bytes in
            Result { () throws(PDU.Failure) in try read(bytes, range, isNew) }
        }
    }

    private mutating func read(
        _ s: Span<UInt8>, _ range: Range<Int>, _ isNew: (EventKey) -> Bool
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
        var needed = reader.requiredServers(facts, s)
        // Of two copies that are read at once the other is verified first, and this one later where it counts.
        var signatures = isNew(facts.key) ? verify(needed, facts, s) : .pending(needed)
        let authoriser = authoriserSigned(event, facts, s)
        if case .waits(let server) = authoriser, signatures.mayStand {
            needed.append(server)
            signatures = .pending(needed)
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
    private func content(_ facts: EventFacts, isGenuine: Bool, _ s: Span<UInt8>) -> JSON.Object {
        guard isGenuine || facts.isCreate else {
            return version.redaction.redact(reader.object(s))["content"]?.object ?? JSON.Object()
        }
        if Self.kept.contains(facts.type) { return reader.content(s) }
        guard facts.type == "m.room.member" else { return JSON.Object() }
        return reader.content(Self.keptOfMembers, s)
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
        guard version.allowsRestrictedJoins, let named = event.content["join_authorised_via_users_server"] else {
            return .signed
        }
        guard let server = named.text.flatMap({ UserID($0) })?.server else { return .missing }
        guard event.membership != .join else { return .signed }
        guard let keys = keys[server] else { return .waits(server) }
        return verdict(of: server, keys, facts.timestamp, s) == .valid ? .signed : .missing
    }

    private func verify(_ servers: [ServerName], _ facts: EventFacts, _ s: Span<UInt8>) -> ReadEvent.Signatures {
        var isPending = false
        for server in servers {
            guard let keys = keys[server] else {
                isPending = true
                continue
            }
            let verdict = verdict(of: server, keys, facts.timestamp, s)
            if verdict != .valid { return .bad(SignatureFault(server: server, verdict: verdict)) }
        }
        return isPending ? .pending(servers) : .valid
    }

    private func verdict(
        of server: ServerName, _ keys: [KeyID: KnownKey], _ time: Int, _ s: Span<UInt8>
    ) -> EventSignatures.Verdict {
        // Nearly every event is signed by one key of its server, which is known.
        if let (id, signature) = reader.soleSignature(of: server, s),
            let known = keys.first(where: { $0.key.text == id }),
            known.value.isValid(at: time, now: now, isEnforced: version.enforcesKeyValidity), id != KeyID.policyServer
        {
            return known.value.key.verifies(signature, of: reader.signable) ? .valid : .invalid(known.key)
        }
        return EventSignatures.check(
            reader.signatures(of: server, s), of: reader.signable, at: time, version, now: now, keys: keys)
    }
}
