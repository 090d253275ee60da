extension MembershipTemplate {
    /// Checks `answer`, the whole body, against what was asked for.
    package init(checking answer: JSON, for request: TemplateRequest) throws(Refusal) {
        guard answer.object != nil else { throw .malformed("the answer is not a JSON object") }
        guard let event = answer["event"]?.object else { throw .malformed("the answer has no object \"event\"") }
        let (version, statesVersion) = try Self.version(answer["room_version"], request)
        try Self.checkIdentity(event, request)
        guard version.admits(request.roomID) else {
            throw .field("room_version", "\(version.id) does not go with a room id of this form")
        }
        self.request = request
        self.version = version
        self.statesVersion = statesVersion
        prevEvents = try Self.references("prev_events", of: event, version, 1...PDU.mostPrevEvents)
        let fewest = version.namesRoomsByHash ? 0 : 1
        authEvents = try Self.references("auth_events", of: event, version, fewest...PDU.mostAuthEvents)
        try Self.checkCreateIsNotNamed(authEvents, version, request)
        guard let depth = event["depth"]?.integer, (0...CanonicalNumber.largest).contains(depth) else {
            throw .field("depth", "is not an integer from 0 to 2^53-1")
        }
        self.depth = depth
        authoriser = try Self.authoriser(event, version, request)
    }

    /// No `room_version` means 1 or 2.
    private static func version(_ value: JSON?, _ request: TemplateRequest) throws(Refusal) -> (RoomVersion, Bool) {
        guard let value else {
            guard request.offered.contains(.v1) || request.offered.contains(.v2) else {
                throw .field("room_version", "is missing, which means 1 or 2, and neither was offered")
            }
            return (.v1, false)
        }
        guard let id = value.text else { throw .field("room_version", "is not a string") }
        guard let version = request.offered.first(where: { $0.id == id }) else {
            throw .field("room_version", "\(Quoting.quoted(id)) was not offered")
        }
        return (version, true)
    }

    private static func checkIdentity(_ event: JSON.Object, _ request: TemplateRequest) throws(Refusal) {
        let expected: [(Text, JSON?, Text)] = [
            ("type", event["type"], "m.room.member"),
            ("room_id", event["room_id"], request.roomID.text),
            ("sender", event["sender"], request.user.text),
            ("state_key", event["state_key"], request.user.text),
            ("content.membership", event["content"]?["membership"], Text(request.membership.rawValue)),
        ]
        for (field, value, due) in expected where value?.text != due {
            let found = value.map { $0.text.map { Quoting.quoted($0) } ?? "not a string" } ?? "missing"
            throw .field(field, "is \(found) where \(Quoting.quoted(due)) is due")
        }
    }

    private static func references(
        _ key: Text,
        of event: JSON.Object,
        _ version: RoomVersion,
        _ count: ClosedRange<Int>
    ) throws(Refusal) -> [JSON] {
        let ids: [EventID]
        do { ids = try EventReferences.read(event[key], key, version) } catch {
            throw .field(key, String(error.description.dropFirst(key.string.count + 1)))
        }
        guard count.contains(ids.count) else {
            throw .field(key, "names \(ids.count) events where \(count.lowerBound) to \(count.upperBound) are due")
        }
        guard Set(ids).count == ids.count else { throw .field(key, "names an event twice") }
        return event[key]?.array ?? []
    }

    /// From version 12 on the room id stands for the create event, which `auth_events` must not name.
    private static func checkCreateIsNotNamed(
        _ authEvents: [JSON],
        _ version: RoomVersion,
        _ request: TemplateRequest
    ) throws(Refusal) {
        guard version.namesRoomsByHash else { return }
        let create = Text("$" + String(request.roomID.text.string.unicodeScalars.dropFirst()))
        guard !authEvents.contains(.string(create)) else {
            throw .field("auth_events", "names the create event, which room version \(version.id) forbids")
        }
    }

    /// Only a user of the very server asked can vouch for a restricted join: no other would sign it there.
    private static func authoriser(
        _ event: JSON.Object,
        _ version: RoomVersion,
        _ request: TemplateRequest
    ) throws(Refusal) -> UserID? {
        let field: Text = "join_authorised_via_users_server"
        guard version.allowsRestrictedJoins, request.membership == .join, let value = event["content"]?[field] else {
            return nil
        }
        guard let text = value.text, let user = UserID(text) else { throw .field(field, "is not a user id") }
        guard user.server == request.resident else {
            throw .field(field, "is \(Quoting.quoted(text)), not a user of \(request.resident)")
        }
        return user
    }
}
