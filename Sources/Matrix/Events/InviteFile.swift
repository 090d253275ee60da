// Where invites come from: a file, or another server's request.
extension Invite {
    /// The invite of `user` in a file: the event as it was received, or a body of `PUT /invite` (either version, or its
    /// answer) or of `PUT /send` that holds it.
    package init(file: JSON, for user: UserID) throws(Refusal) {
        let whole = file.array.flatMap { $0.count == 2 ? $0[1] : nil } ?? file
        guard let object = whole.object else { throw Refusal("the file", "is no JSON object") }
        let event = try Self.event(in: object, user)
        let shown = object["invite_room_state"] ?? event["unsigned"]?["invite_room_state"]
        let versions = try Self.versions(object["room_version"], event, shown)
        try self.init(event, versions, shown: shown, for: user)
    }

    private static func event(in object: JSON.Object, _ user: UserID) throws(Refusal) -> JSON.Object {
        if let value = object["event"] {
            guard let event = value.object else { throw Refusal("event", "is not an object") }
            return event
        }
        guard let value = object["pdus"] else { return object }
        guard let events = value.array else { throw Refusal("pdus", "is not a list") }
        let invites = events.compactMap(\.object).filter { event in
            event["type"] == "m.room.member" && event["content"]?["membership"] == "invite"
                && event["state_key"]?.text == user.text
        }
        guard let invite = invites.last else { throw Refusal("pdus", "has no invite of \(user)") }
        guard Set(invites.map { $0["room_id"] }).count == 1 else {
            throw Refusal("pdus", "has invites of \(user) to several rooms: give the file of one")
        }
        return invite
    }

    /// What is said of the version, or follows from the create event, from an event id, or from the room's.
    private static func versions(
        _ said: JSON?, _ event: JSON.Object, _ shown: JSON?
    ) throws(Refusal) -> [RoomVersion] {
        let create = shown?.array?.prefix(100).first { $0["type"] == "m.room.create" && $0["state_key"] == "" }
        let made = create?["content"].map { $0["room_version"] ?? .string(RoomVersion.v1.id) }
        guard let value = said ?? made else {
            let possible = event["event_id"] == nil ? RoomVersion.all.filter { !$0.choosesEventIDs } : [.v1, .v2]
            let room = event["room_id"]?.text.flatMap { RoomID($0) }
            return possible.filter { version in room.map { version.admits($0) } ?? true }
        }
        guard let name = value.text, let version = RoomVersion.named(name) else {
            throw Refusal("room_version", "\(value.text.map { Quoting.quoted($0) } ?? "") is none that is known here")
        }
        guard made == nil || made == value else {
            throw Refusal("invite_room_state", "is of a room of another version than \(version.id)")
        }
        return [version]
    }

    /// The invite of `user` that `origin` asks to sign by `PUT /_matrix/federation/vN/invite/{room}/{event}`, whose body
    /// is `body`. Version 1 of the interface says no room version: it is 1 or 2.
    package init(
        asking body: JSON?, isV1: Bool, room: Text, event id: Text, from origin: ServerName, for user: UserID
    ) throws(Refusal) {
        guard let body = body?.object else { throw Refusal("the body", "is no JSON object") }
        guard let event = isV1 ? body : body["event"]?.object else { throw Refusal("event", "is not an object") }
        let shown = isV1 ? body["unsigned"]?["invite_room_state"] : body["invite_room_state"]
        let version = try Self.version(isV1 ? "1" : body["room_version"])
        let versions = isV1 ? try Self.versions(nil, event, shown).filter(\.choosesEventIDs) : [version]
        try self.init(event, versions, shown: shown, for: user)
        guard sender.server == origin else {
            throw Refusal("sender", "is \(Quoting.quoted(sender.text)), not a user of \(origin), which asks")
        }
        guard roomID.text == room else { throw Refusal("room_id", "is not that of the path") }
        guard self.id.text == id else { throw Refusal("event_id", "is \(self.id), not that of the path") }
        guard pdu.object["signatures"]?[user.server.text] == nil else {
            throw Refusal("signatures", "has one of \(user.server) already, which has signed no such event")
        }
        try checkShown()
    }

    private static func version(_ value: JSON?) throws(Refusal) -> RoomVersion {
        guard let version = value?.text.flatMap({ RoomVersion.named($0) }) else {
            var refusal = Refusal("room_version", "is none that is known here")
            refusal.errcode = "M_INCOMPATIBLE_ROOM_VERSION"
            throw refusal
        }
        return version
    }

    /// From version 12 on what is shown has to be as specified; before, it need not (v1.16).
    private func checkShown() throws(Refusal) {
        guard pdu.version.namesRoomsByHash, let fault = shown.faults.first else { return }
        throw Refusal("invite_room_state", "is not as it should be: \(fault)")
    }

    /// What is kept of it: the body of a `PUT /invite` v2, the event as `signed`.
    package func file(_ signed: JSON.Object) -> JSON {
        var file: JSON.Object = ["event": .object(signed), "invite_room_state": .array(list)]
        if let version { file["room_version"] = .string(version.id) }
        return .object(file)
    }
}

/// An invite that its sender's server has signed: what our key may be put beside.
package struct VerifiedInvite: Sendable {
    package let invite: Invite

    /// `keys` are those of the sender's server.
    package init(_ invite: Invite, keys: [KeyID: KnownKey], now: Int) throws(Invite.Refusal) {
        let server = invite.sender.server
        let verdict = EventSignatures.check(invite.pdu.object, invite.pdu.version, of: server, now: now, keys: keys)
        guard verdict == .valid else {
            throw Invite.Refusal("signatures", "has none of \(server) that verifies")
        }
        self.invite = invite
    }
}

extension SigningKey {
    /// The event with our signature beside those that it has, and nothing else changed.
    package func countersign(_ verified: VerifiedInvite) throws(CanonicalJSON.Failure) -> JSON.Object {
        let invite = verified.invite
        let signature = signature(of: try EventHashes.signable(invite.pdu.object, invite.pdu.version))
        return SignedJSON.adding(signature, of: invite.user.server, key: id, to: invite.object)
    }
}
