internal import Matrix

/// Our own join of the room: the last server's.
struct OwnJoin {
    /// As we sent it, with our signature alone.
    let sent: MadeEvent
    /// As the resident gives it back: where the rule is restricted, with its signature, too.
    let returned: JSON.Object
    let signatures: Int
    let used: [Bool]

    init(_ core: RoomCore, _ random: inout Random) {
        let ours = core.room.servers.count - 1
        let user = Member(user: Text("@joiner:\(core.room.servers[ours].name)"), server: ours)
        var content: JSON.Object = ["membership": "join", "displayname": "Joiner"]
        if core.timeline.isRestricted {
            content["join_authorised_via_users_server"] = .string(core.residents[0].user)
        }
        var used = [Bool](repeating: false, count: core.events.count)
        let authorisers = core.timeline.isRestricted ? [core.members[0]] : []
        let auth = core.auth(at: Room.span, withRule: true, members: authorisers, &used)
        let draft = Draft(
            type: "m.room.member", stateKey: user.user, content: content, sender: user, time: Room.span, auth: auth,
            prev: [core.room.strange(&random)])
        sent = core.room.make(draft, &random)
        self.used = used
        guard core.timeline.isRestricted, let signed = try? EventHashes.signable(sent.object, core.room.version).bytes
        else {
            returned = sent.object
            signatures = 1
            return
        }
        var object = sent.object
        var members = object["signatures"]?.object ?? JSON.Object()
        core.room.servers[0].sign(signed, at: Room.start + Room.span, into: &members)
        object["signatures"] = .object(members)
        returned = object
        signatures = 2
    }

    func write(to path: String, _ room: Room) throws {
        let wrapped: JSON = [
            "event": .object(sent.object), "event_id": .string(sent.id), "room_id": .string(room.id),
            "room_version": .string(room.version.id), "resident": .string(room.servers[0].name),
        ]
        var output = try Output(path)
        try output.write(wrapped.compact)
        try output.write("\n")
        try output.close()
    }
}
