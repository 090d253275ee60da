internal import Federation
internal import Matrix

/// Checks a membership event that another server sends, as the resident of its room.
struct JoinCheck: Sendable {
    let room: SandboxRoom
    let keys: KeySource

    /// The event in `content`, which must be a `membership` of a user of `origin` that the room's state allows.
    func event(_ content: JSON?, _ membership: Text, from origin: ServerName, pathID: Text) throws(Denial) -> PDU {
        guard let object = content?.object else { throw .badJSON("Invalid event JSON") }
        let version = room.version
        guard version.choosesEventIDs || object["event_id"] == nil else {
            throw .badJSON("Invalid event JSON")
        }
        let event: PDU
        do { event = try PDU(object, version) } catch { throw .badJSON("Invalid event JSON") }
        try checkFields(event, membership, origin, pathID)
        try checkIntegrity(event, origin)
        try checkPlace(event, membership)
        return event
    }

    private func checkFields(_ event: PDU, _ membership: Text, _ origin: ServerName, _ pathID: Text) throws(Denial) {
        guard event.roomID == room.id else {
            throw .badJSON("Room ID in body does not match that in request path")
        }
        guard event.type == "m.room.member" else { throw .badJSON("Not an m.room.member event") }
        guard event.content["membership"]?.text == membership else { throw .badJSON("Not a \(membership) event") }
        guard event.stateKey == event.sender.text else { throw .badJSON("state_key and sender must match") }
        guard event.sender.server == origin else { throw .forbidden("User not from origin") }
        guard event.id.text == pathID else { throw .badJSON("The event's id is \(event.id), not that of the path") }
    }

    /// Content hash and signature, both of which Synapse would let pass in part.
    private func checkIntegrity(_ event: PDU, _ origin: ServerName) throws(Denial) {
        guard EventHashes.contentMatches(event.object, event.version) else {
            throw .forbidden("The content hash of \(event.id) does not match")
        }
        let needed = EventSignatures.requiredServers(of: event.object, event.version).filter {
            $0 != room.creator.server
        }
        for server in needed {
            let verdict = EventSignatures.check(
                event.object, event.version, of: server, now: WallClock.now(), keys: keys(server))
            guard verdict == .valid else {
                throw .forbidden("event id \(event.id): unable to verify signature for sender domain \(server)")
            }
        }
    }

    private func named(by event: PDU) -> [PDU] {
        room.authEvents(event.type, event.stateKey ?? "", event.content, sender: event.sender)
    }

    /// It must lean on what the template named: events that are known, and all of those that authorise it.
    /// One that is there already is taken for the one that it is.
    private func checkPlace(_ event: PDU, _ membership: Text) throws(Denial) {
        guard room.events[event.id] == nil else { return }
        guard event.prevEvents.allSatisfy({ room.events[$0] != nil }) else {
            throw .forbidden("join event was rejected")
        }
        guard Set(event.authEvents) == Set(named(by: event).map(\.id)) else {
            throw .forbidden("join event was rejected")
        }
        let authoriser = event.content["join_authorised_via_users_server"]?.text
        guard membership != "join" || room.rule != .restricted || authoriser == room.creator.text else {
            throw .forbidden("Join event was not authorised")
        }
    }
}
