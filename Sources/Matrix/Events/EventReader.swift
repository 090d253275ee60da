/// Reads events of one room version one after the other: their format, their two hashes and what is signed of them
/// (server-server API, "Checks performed on receipt of a PDU", 1 and 3). Its buffers are used again for each.
package struct EventReader: Sendable {
    package let version: RoomVersion
    /// The room that most events are of.
    private let room: RoomID?
    private(set) var parser = JSONParser()
    private var hashed: CanonicalWriter
    private var signed: CanonicalWriter
    /// For what is neither hashed nor signed.
    private var rest: CanonicalWriter
    private(set) var members = Members()
    /// In the content of a member event.
    private(set) var deciding = Deciding()
    /// The contents of some events that have a membership alone.
    var plainContents: [(membership: Text, content: JSON.Object)] = []
    private let redaction: RedactionWriter
    private var servers: ServerCache
    /// A place of the server of its sender, which some others share, below the number of places for servers' names.
    package private(set) var senderPlace = 0
    let isURLSafe: Bool
    /// Ids that the event names and that are the hash of nothing.
    var oddIDs: [EventID] = []

    /// Those that `Members` has the nodes of, and others that matter to a form.
    static let keys: [Text] = [
        "type", "state_key", "sender", "room_id", "content", "origin_server_ts", "depth", "auth_events", "prev_events",
        "event_id", "hashes", "signatures", "unsigned", "origin", "membership", "prev_state",
    ]
    private static let keySet = KeySet(keys)
    /// Which of `keys` each key of the event is, in the order of keys; another one counts as one more.
    private var met: [Int] = []
    /// What becomes of each of `keys`, and last of any other, in what is hashed and in what is signed.
    private let fates: (hashed: [CanonicalWriter.Fate], signed: [CanonicalWriter.Fate])

    private static let decidingKeys = KeySet(["membership", "third_party_invite", "join_authorised_via_users_server"])
    /// There are five memberships.
    static let mostPlain = 5

    /// The nodes of the values of an event's own keys, 0 for one that it lacks.
    struct Members {
        var nodes = [Int](repeating: 0, count: EventReader.keys.count + 1)
        var type: Int { nodes[0] }
        var stateKey: Int { nodes[1] }
        var sender: Int { nodes[2] }
        var roomID: Int { nodes[3] }
        var content: Int { nodes[4] }
        var timestamp: Int { nodes[5] }
        var depth: Int { nodes[6] }
        var authEvents: Int { nodes[7] }
        var prevEvents: Int { nodes[8] }
        var eventID: Int { nodes[9] }
        var hashes: Int { nodes[10] }
        var signatures: Int { nodes[11] }
    }

    /// The nodes of what decides in a member event's content, 0 for what it lacks and for any other event.
    struct Deciding {
        var membership = 0
        var invite = 0
        var authoriser = 0
    }

    /// It remembers the names of some `servers`, a power of two, which its events share then.
    package init(_ version: RoomVersion, room: RoomID? = nil, servers: Int = 64) {
        self.servers = ServerCache(size: servers)
        self.version = version
        self.room = room
        hashed = CanonicalWriter(numbers: version.numbers)
        signed = CanonicalWriter(numbers: version.numbers)
        rest = CanonicalWriter(numbers: version.numbers)
        let redaction = RedactionWriter(version.redaction)
        self.redaction = redaction
        fates = (
            Self.keys.map { ["unsigned", "signatures", "hashes"].contains($0) ? .dropped : .kept } + [.kept],
            Self.keys.map(redaction.fate) + [.dropped]
        )
        isURLSafe = version.eventIDs == .urlSafeHash
    }

    /// The event that `s` holds, whole and alone. What is signed of it stays to be asked for until the next.
    package mutating func read(_ s: Span<UInt8>) throws(PDU.Failure) -> EventFacts {
        deciding = Deciding()
        guard s.count <= PDU.longestText else { throw PDU.tooLong(s.count) }
        do { try parser.read(s) } catch { throw PDU.Failure(description: "\(error)") }
        guard parser.tape.isObject(0) else { throw PDU.Failure(description: "it is not an object") }
        findMembers(s)
        do { try writeForms(s) } catch { throw PDU.Failure(description: "\(error)") }
        try checkSize(s)
        let facts = try facts(s)
        senderPlace = servers.add(facts.sender.server)
        return facts
    }

    /// What is signed of the event that was read last: its redacted form without signatures.
    package var signable: [UInt8] { signed.bytes }

    private mutating func findMembers(_ s: Span<UInt8>) {
        for i in members.nodes.indices { members.nodes[i] = 0 }
        met.removeAll(keepingCapacity: true)
        let tape = parser.tape
        tape.forEachKey(0) { key in
            let index = Self.keySet.index(key, tape, s) ?? Self.keys.count
            members.nodes[index] = key + 1
            met.append(index)
        }
    }

    private mutating func writeForms(_ s: Span<UInt8>) throws(CanonicalJSON.Failure) {
        let tape = parser.tape
        var place = 0
        func next(_ fates: [CanonicalWriter.Fate]) -> CanonicalWriter.Fate {
            place += 1
            return fates[met[place - 1]]
        }
        hashed.clear()
        try hashed.object(0, tape, s) { _ in
            next(fates.hashed)
        } filtered: { _, _ throws(CanonicalJSON.Failure) in
        }
        place = 0
        signed.clear()
        try redaction.write(tape, s, type: members.type, into: &signed) { next(fates.signed) }
    }

    /// "Size limits": the whole in canonical form with its signatures, without `unsigned`. Plain text of less than an
    /// eighth of it cannot be more in any form: it is written only where it may have none.
    private mutating func checkSize(_ s: Span<UInt8>) throws(PDU.Failure) {
        let tape = parser.tape
        let (hashes, signatures) = (members.hashes, members.signatures)
        func isWritten(_ node: Int) -> Bool { node == 0 || tape.isCanonical(node) }
        guard
            s.count > PDU.maximumSize / 8 || version.numbers == .strict && !(isWritten(hashes) && isWritten(signatures))
        else { return }
        rest.clear()
        var marks = 0
        for node in [hashes, signatures] where node > 0 {
            do {
                try rest.write(node - 1, tape, s)
                try rest.write(node, tape, s)
            } catch { throw PDU.Failure(description: "\(error)") }
            marks += 2
        }
        let size = hashed.bytes.count + rest.bytes.count + marks
        guard size <= PDU.maximumSize else {
            throw PDU.Failure(description: "it has \(size) bytes, more than \(PDU.maximumSize)")
        }
    }
}

// What is read of the members.
extension EventReader {
    private mutating func facts(_ s: Span<UInt8>) throws(PDU.Failure) -> EventFacts {
        let tape = parser.tape
        oddIDs.removeAll(keepingCapacity: true)
        let type = try text(members.type, "type", s)
        findDeciding(type, s)
        let sender = try sender(s)
        let stateKey = try stateKey(sender, s)
        guard members.content > 0, tape.isObject(members.content) else { throw Self.wrong("content") }
        guard let timestamp = integer(members.timestamp, s) else { throw Self.wrong("origin_server_ts") }
        guard let depth = integer(members.depth, s), depth >= 0 else { throw Self.wrong("depth") }
        let authEvents = try authEvents(s)
        let previous = try previous(s)
        let (id, key) = try id(s)
        return EventFacts(
            id: id, roomID: try roomID(type, id, s), type: type, stateKey: stateKey, sender: sender,
            timestamp: timestamp, key: key, authEvents: authEvents,
            chosenAuthEvents: version.choosesEventIDs ? chosen(members.authEvents, s) : oddIDs,
            previous: previous.count == 1 ? previous.first : nil, hasPrevious: previous.count > 0,
            contentMatches: contentMatches(s))
    }

    private mutating func findDeciding(_ type: Text, _ s: Span<UInt8>) {
        let tape = parser.tape
        guard type == "m.room.member", members.content > 0, tape.isObject(members.content) else { return }
        tape.forEachKey(members.content) { key in
            switch Self.decidingKeys.index(key, tape, s) {
            case 0: deciding.membership = key + 1
            case 1: deciding.invite = key + 1
            case 2: deciding.authoriser = key + 1
            default: break
            }
        }
    }

    private func integer(_ node: Int, _ s: Span<UInt8>) -> Int? { node > 0 ? parser.tape.integer(node, s) : nil }

    private func text(_ node: Int, _ key: Text, _ s: Span<UInt8>) throws(PDU.Failure) -> Text {
        guard node > 0 else { throw PDU.Failure(description: "\(key) is missing") }
        guard let text = string(node, s), text.count <= PDU.maximumIdentifier else { throw Self.wrong(key) }
        return text
    }

    func string(_ node: Int, _ s: Span<UInt8>) -> Text? {
        guard node > 0, [.string, .escaped].contains(parser.tape.kind(node)) else { return nil }
        return parser.tape.text(node, s)
    }

    /// Most state is a member's own: its key and its sender are one text then.
    private func stateKey(_ sender: UserID, _ s: Span<UInt8>) throws(PDU.Failure) -> Text? {
        guard members.stateKey > 0 else { return nil }
        let kind = parser.tape.kind(members.stateKey)
        if kind == .string, parser.tape.equals(members.stateKey, sender.text, s) { return sender.text }
        return try text(members.stateKey, "state_key", s)
    }

    private func sender(_ s: Span<UInt8>) throws(PDU.Failure) -> UserID {
        guard let sender = UserID(try text(members.sender, "sender", s), known: servers) else {
            throw Self.wrong("sender")
        }
        return sender
    }

    private static func wrong(_ key: Text) -> PDU.Failure {
        PDU.Failure(description: "\(key) is missing or of wrong form")
    }

    private func id(_ s: Span<UInt8>) throws(PDU.Failure) -> (EventID, EventKey) {
        guard !version.choosesEventIDs else {
            guard let id = string(members.eventID, s).flatMap({ EventID($0) }), version.admits(id) else {
                throw Self.wrong("event_id")
            }
            return (id, EventKey(text: id))
        }
        let key = EventKey(hashOf: signed.bytes)
        return (EventID(hash: key, urlSafe: isURLSafe), key)
    }

    /// From version 12 on the create event has no `room_id`; every other event has one in every version.
    private func roomID(_ type: Text, _ id: EventID, _ s: Span<UInt8>) throws(PDU.Failure) -> RoomID {
        if version.namesRoomsByHash, type == "m.room.create" {
            guard members.roomID == 0, let room = RoomID(hashOf: id) else {
                throw PDU.Failure(description: "a create event of room version \(version.id) has no room_id")
            }
            return room
        }
        if let room, members.roomID > 0, parser.tape.kind(members.roomID) == .string,
            parser.tape.equals(members.roomID, room.text, s)
        {
            return room
        }
        guard let room = RoomID(try text(members.roomID, "room_id", s)) else { throw Self.wrong("room_id") }
        return room
    }

    private func contentMatches(_ s: Span<UInt8>) -> Bool {
        guard let node = member(members.hashes, "sha256", s) else { return false }
        let hash = EventKey(hashOf: hashed.bytes)
        if parser.tape.kind(node) == .string, parser.tape.range(node).count == 43 {
            let stated = s.extracting(parser.tape.range(node)).withUnsafeBufferPointer {
                EventKey(digits: $0, urlSafe: false)
            }
            if let stated { return stated == hash }
        }
        // Bytes are compared where the text differs, so that padding does not matter.
        return string(node, s).flatMap(Base64.decode) == hash.bytes
    }

    /// The node of the value of `key` in the object at `node`, which is 0 where the event has none.
    func member(_ node: Int, _ key: Text, _ s: Span<UInt8>) -> Int? {
        node > 0 && parser.tape.isObject(node) ? find(node, key, s) : nil
    }

    func find(_ node: Int, _ key: Text, _ s: Span<UInt8>) -> Int? {
        var found: Int?
        parser.tape.forEachKey(node) { if parser.tape.equals($0, key, s) { found = $0 + 1 } }
        return found
    }
}
