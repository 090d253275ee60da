internal import Federation
internal import Matrix

/// The endpoints of the sandbox: paths to what is done, and what is answered.
struct Endpoints: Sendable {
    let name: ServerName
    let key: RoomKey
    let keys: KeySource

    /// A signed request, its signature checked and its path taken apart.
    struct Call: Sendable {
        let method: Text
        let endpoint: Text
        let parts: [Text]
        let query: [(name: Text, value: Text)]
        let origin: ServerName
        let content: JSON?

        /// The user that a template is asked for.
        var user: Text { parts.count > 1 ? parts[1] : "" }
        var alias: Text { query.first { $0.name == "room_alias" }?.value ?? "" }
    }

    /// What anybody may ask without a signature; nil where `path` is none of that.
    func open(_ request: ServerRequest, _ path: Text) throws(Denial) -> ServerAnswer? {
        switch path.string {
        case "/_matrix/key/v2/server": return .json(200, .object(try keyDocument()))
        case "/_matrix/federation/v1/version":
            return .json(200, ["server": ["name": "fedjoin-sandbox", "version": .string(Text(Tool.version))]])
        case _ where path.hasPrefix("/_matrix/federation/"): return nil
        default: throw Denial(status: 404, errcode: "M_UNRECOGNIZED", words: "Unrecognized request")
        }
    }

    func call(_ request: ServerRequest, _ path: Text) throws(Denial) -> Call {
        let (origin, content) = try RequestCheck(server: name, keys: keys).origin(of: request)
        let segments = path.utf8.split(separator: UInt8(ascii: "/")).dropFirst(2).map { PercentEncoding.decode($0) }
        let parts = segments.compactMap(\.self)
        guard parts.count == segments.count, parts.count >= 2 else {
            throw Denial(status: 404, errcode: "M_UNRECOGNIZED", words: "Unrecognized request")
        }
        let query = (request.target.split(at: "?")?.after ?? "").utf8.split(separator: UInt8(ascii: "&")).compactMap {
            Text(String(decoding: $0, as: UTF8.self)).split(at: "=").flatMap { pair in
                PercentEncoding.decode(pair.after.utf8[...]).map { (name: pair.before, value: $0) }
            }
        }
        return Call(
            method: request.method, endpoint: Text("\(parts[0])/\(parts[1])"), parts: Array(parts.dropFirst(2)),
            query: query, origin: origin, content: content)
    }

    func answer(_ call: Call, _ rooms: inout Rooms) throws(Denial) -> ServerAnswer {
        guard let trouble = rooms.trouble(of: call) else { return try right(call, &rooms) }
        return try trouble.change(call) { () throws(Denial) in try right(call, &rooms) }
    }

    private func right(_ call: Call, _ rooms: inout Rooms) throws(Denial) -> ServerAnswer {
        switch (call.method.string, call.endpoint.string, call.parts.count) {
        case ("GET", "v1/query", 1): try directory(call, &rooms)
        case ("GET", "v1/make_join", 2): try make("join", call, rooms)
        case ("GET", "v1/make_leave", 2): try make("leave", call, rooms)
        case ("GET", "v1/make_knock", 2): try make("knock", call, rooms)
        case ("PUT", "v1/send_knock", 2): try send("knock", call, &rooms)
        case ("PUT", "v2/send_join", 2): try send("join", call, &rooms)
        case ("PUT", "v2/send_leave", 2): try send("leave", call, &rooms)
        case ("GET", "v1/event_auth", 2): try eventAuth(call, rooms)
        case ("GET", "v1/event", 1): try event(call, rooms)
        // Nobody is shown the state of a room that is not here.
        case ("GET", "v1/state_ids", 1) where RoomID(call.parts[0]).flatMap { rooms[$0] } == nil:
            throw .forbidden("Host not in room.")
        default: throw Denial(status: 404, errcode: "M_UNRECOGNIZED", words: "Unrecognized request")
        }
    }

    private func keyDocument() throws(Denial) -> JSON.Object {
        let document: JSON.Object = [
            "server_name": .string(name.text), "valid_until_ts": .integer(WallClock.now() + 86_400_000),
            "verify_keys": .object([key.id.text: ["key": .string(key.publicKey.base64)]]), "old_verify_keys": [:],
        ]
        do { return try key.sign(document, as: name) } catch {
            throw Denial(status: 500, errcode: "M_UNKNOWN", words: "\(error)")
        }
    }

    private func directory(_ call: Call, _ rooms: inout Rooms) throws(Denial) -> ServerAnswer {
        let alias = call.alias
        guard call.parts[0] == "directory", let id = rooms.id(of: alias) else {
            throw .notFound("Room alias \(alias) not found")
        }
        return .json(200, ["room_id": .string(id.text), "servers": [.string(name.text)]])
    }

    private func room(_ call: Call, _ rooms: Rooms) throws(Denial) -> SandboxRoom {
        guard let id = RoomID(call.parts[0]), let room = rooms[id] else {
            throw .notFound("Could not find room_version for \(call.parts[0])")
        }
        return room
    }

    private func make(_ membership: Text, _ call: Call, _ rooms: Rooms) throws(Denial) -> ServerAnswer {
        let room = try room(call, rooms)
        guard let user = UserID(call.parts[1]), user.server == call.origin else {
            throw .forbidden("User not from origin")
        }
        if membership == "leave" {
            guard ["join", "invite", "knock"].contains(room.membership(of: user)) else {
                throw .forbidden("You are not in this room.")
            }
        } else {
            guard call.query.contains(where: { $0.name == "ver" && $0.value == room.version.id }) else {
                throw Denial(
                    status: 400, errcode: "M_INCOMPATIBLE_ROOM_VERSION",
                    words: "Your homeserver does not support the features required to interact with this room",
                    more: ["room_version": .string(room.version.id)])
            }
        }
        if membership == "knock" { try checkKnock(room, user) }
        let answer: JSON.Object = [
            "event": .object(room.template(membership, of: user)), "room_version": .string(room.version.id),
        ]
        return .json(200, rooms.lie(of: room.id)?.told(in: answer) ?? .object(answer))
    }

    /// In Synapse's words and order.
    private func checkKnock(_ room: SandboxRoom, _ user: UserID) throws(Denial) {
        guard room.version.allowsKnocking else { throw .forbidden("This room version does not support knocking") }
        guard room.rule == .knock || room.rule == .knockRestricted else {
            throw .forbidden("You don't have permission to knock")
        }
        switch room.membership(of: user) {
        case "join": throw .forbidden("You cannot knock on a room you are already in")
        case "invite": throw .forbidden("You are already invited to this room")
        case "ban": throw .forbidden("You are banned from this room")
        default: break
        }
    }

    private func send(_ membership: Text, _ call: Call, _ rooms: inout Rooms) throws(Denial) -> ServerAnswer {
        var room = try room(call, rooms)
        var event = try JoinCheck(room: room, keys: keys).event(
            call.content, membership, from: call.origin, pathID: call.parts[1])
        if room.rule == .restricted, membership == "join" { event = try cosigned(event) }
        if membership == "knock" { try checkKnock(room, event.sender) }
        let answer: JSON = [
            "event": .object(event.object), "members_omitted": false,
            "state": .array(room.state.values.map { .object($0.object) }),
            "auth_chain": .array(room.authChain(of: event).map { .object($0.object) }),
        ]
        room.add(event)
        rooms[room.id] = room
        switch membership {
        case "join": return .json(200, answer)
        case "knock": return .json(200, ["knock_room_state": .array(room.strippedState.map { .object($0.object) })])
        default: return .json(200, [:])
        }
    }

    private func eventAuth(_ call: Call, _ rooms: Rooms) throws(Denial) -> ServerAnswer {
        let room = try room(call, rooms)
        guard rooms.mendsGaps(of: room.id), let event = EventID(call.parts[1]).flatMap({ room.events[$0] }) else {
            throw .notFound("Event not found.")
        }
        return .json(200, ["auth_chain": .array(room.authChain(of: event).map { .object($0.object) })])
    }

    /// An event, for servers that are in its room: one of their own, or any where gaps can be mended.
    private func event(_ call: Call, _ rooms: Rooms) throws(Denial) -> ServerAnswer {
        guard let id = EventID(call.parts[0]), let (room, event) = rooms.event(id),
            rooms.mendsGaps(of: room.id) || UserID(event.sender.text)?.server == call.origin
        else {
            throw .notFound("Could not find event \(call.parts[0])")
        }
        guard room.hasMember(of: call.origin) else {
            throw Denial(status: 403, errcode: "M_FORBIDDEN", words: "Host not in room.")
        }
        return .json(
            200,
            [
                "origin": .string(name.text), "origin_server_ts": .integer(WallClock.now()),
                "pdus": [.object(event.object)],
            ])
    }

    private func cosigned(_ event: PDU) throws(Denial) -> PDU {
        do {
            return try PDU(try key.cosign(event: event.object, event.version, as: name), event.version)
        } catch {
            throw Denial(status: 500, errcode: "M_UNKNOWN", words: "\(error)")
        }
    }
}
