internal import Matrix

/// An event that was made: signed, with the reference by which others name it.
struct MadeEvent: Sendable {
    let object: JSON.Object
    let id: Text
    let reference: JSON
    /// How many signatures a joining server has to check on it.
    let signatures: Int
    /// What each of them signs.
    let signedSize: Int
}

/// A user of the room, and the number of its server.
struct Member: Sendable {
    let user: Text
    let server: Int
}

/// What an event says beside what every event says.
struct Draft {
    let type: Text
    let stateKey: Text
    let content: JSON.Object
    let sender: Member
    /// Milliseconds from the room's beginning.
    let time: Int
    var auth: [JSON]
    var prev: [JSON]
    /// The server of the user who authorised a restricted join.
    var cosigner: Int?
}

/// What all events of a room share: its version, id and servers; makes events of drafts.
struct Room: Sendable {
    let version: RoomVersion
    let servers: [SigningServer]
    var id: Text

    /// When it began, and how long its history is; milliseconds.
    static let start = 1_600_000_000_000
    static let span = 150_000_000_000

    /// Events of the first second follow each other, later ones are so deep as a steady stream of messages makes them.
    static func depth(_ time: Int) -> Int { time < 1_000 ? time + 1 : 1_000 + time / 100_000 }

    func make(_ draft: Draft, _ random: inout Random) -> MadeEvent {
        var event = fields(draft)
        let sender = servers[draft.sender.server]
        if version.choosesEventIDs { event["event_id"] = .string(Text("$\(random.letters(18)):\(sender.name)")) }
        guard let hash = try? EventHashes.content(event, version) else { fatalError("an event is not canonical") }
        event["hashes"] = ["sha256": .string(Base64.encode(hash))]
        guard let signed = try? EventHashes.signable(event, version).bytes else {
            fatalError("an event is not canonical")
        }
        let time = Self.start + draft.time
        var signatures = JSON.Object()
        sender.sign(signed, at: time, into: &signatures)
        if let cosigner = draft.cosigner, cosigner != draft.sender.server {
            servers[cosigner].sign(signed, at: time, into: &signatures)
        }
        event["signatures"] = .object(signatures)
        return made(event, signed, signatures.members.count)
    }

    private func fields(_ draft: Draft) -> JSON.Object {
        var event: JSON.Object = [
            "auth_events": .array(draft.auth), "content": .object(draft.content),
            "depth": .integer(Self.depth(draft.time)), "origin_server_ts": .integer(Self.start + draft.time),
            "prev_events": .array(draft.prev), "sender": .string(draft.sender.user),
            "state_key": .string(draft.stateKey), "type": .string(draft.type),
        ]
        if !(version.namesRoomsByHash && draft.type == "m.room.create") { event["room_id"] = .string(id) }
        return event
    }

    /// The reference hash is of the very bytes that are signed.
    private func made(_ event: JSON.Object, _ signed: [UInt8], _ signatures: Int) -> MadeEvent {
        let hash = SHA256.hash(signed)
        let id = event["event_id"]?.text ?? identifier(hash)
        return MadeEvent(
            object: event, id: id, reference: reference(id, hash), signatures: signatures,
            signedSize: signed.count)
    }

    private func identifier(_ hash: [UInt8]) -> Text {
        Text("$" + Base64.encode(hash, urlSafe: version.eventIDs == .urlSafeHash).string)
    }

    private func reference(_ id: Text, _ hash: [UInt8]) -> JSON {
        version.choosesEventIDs ? [.string(id), ["sha256": .string(Base64.encode(hash))]] : .string(id)
    }

    /// How an event names one that is nowhere, such as a message of the room.
    func strange(_ random: inout Random) -> JSON {
        let hash = random.bytes(32)
        guard version.choosesEventIDs else { return .string(identifier(hash)) }
        return reference(Text("$\(random.letters(18)):\(random.pick(servers).name)"), hash)
    }
}
