package import Federation
package import Matrix

/// A resident server with one room, its neighbours, and the one who joins, all behind one transport.
package struct FakeResident: Sendable {
    /// What answers before the resident does; nil leaves it to the resident.
    package typealias Override = @Sendable (Request) throws(TransportError) -> Response?

    package static let joiner = FakeServer("joiner.example:8448")
    package static let resident = FakeServer("resident.example:8448")
    package static let user = joiner.user("alice")

    package var room: RoomBuilder
    /// What the directory names.
    package var listed: [Text]
    package var template: JSON
    package var leaveTemplate: JSON
    package var knockTemplate: JSON
    /// The answer to send_knock.
    package var knockAnswer: JSON
    /// What becomes of the answer to send_join before it goes out.
    package var answering: @Sendable (JSON.Object) -> JSON.Object = { $0 }
    /// Who publishes a key.
    package var publishers: [FakeServer]

    package init(_ room: RoomBuilder) {
        self.room = room
        listed = [room.server.name.text]
        template = room.template(for: Self.user)
        leaveTemplate = room.template(for: Self.user, membership: "leave")
        knockTemplate = room.template(for: Self.user, membership: "knock")
        knockAnswer = ["knock_room_state": .array(room.state.map { .object($0.event) })]
        publishers = [Self.joiner, room.server]
    }

    package init(_ version: RoomVersion = .v11) { self.init(RoomBuilder(version, Self.resident)) }

    package var alias: RoomAlias {
        guard let alias = RoomAlias(Text("#room:\(room.server.name)")) else { fatalError("no alias") }
        return alias
    }

    package func transport(_ override: @escaping Override = { _ in nil }) -> FakeTransport {
        let resident = self
        return FakeTransport { request throws(TransportError) in
            if let answer = try override(request) { return answer }
            return try resident.answer(request)
        }
    }

    private func answer(_ request: Request) throws(TransportError) -> Response {
        if request.path == "/_matrix/key/v2/server",
            let server = publishers.first(where: { $0.name.text.string == request.hostHeader })
        {
            return .json(server.keyDocument)
        }
        if request.hostHeader == Self.joiner.name.text.string { return .error(404, "M_UNRECOGNIZED") }
        guard request.hostHeader == room.server.name.text.string else { throw .fake(.connect) }
        let kind = request.path.split(separator: "/").dropFirst(3).first ?? ""
        switch kind {
        case "query":
            return .json(["room_id": .string(room.roomID.text), "servers": .array(listed.map { .string($0) })])
        case "make_join": return .json(template)
        case "make_leave": return .json(leaveTemplate)
        case "send_leave": return .json([:])
        case "make_knock": return .json(knockTemplate)
        case "send_knock": return .json(knockAnswer)
        case "send_join": return sendJoin(request)
        default: return .error(404, "M_UNRECOGNIZED")
        }
    }

    /// By either version of the interface.
    private func sendJoin(_ request: Request) -> Response {
        guard let event = request.json?.object else { return .error(400, "M_NOT_JSON") }
        let answer = JSON.object(answering(room.answer(to: event)))
        return .json(request.path.hasPrefix("/_matrix/federation/v1/") ? [200, answer] : answer)
    }
}
