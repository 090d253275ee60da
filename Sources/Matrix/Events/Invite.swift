/// An invite of one of our users: an event of checked form, and what came with it. Whose keys signed it is not looked at
/// yet.
package struct Invite: Sendable {
    /// The event as it came.
    package let object: JSON.Object
    package let pdu: PDU
    package let user: UserID
    /// The room versions that it can be of; the first is the one that it was read by.
    package let versions: [RoomVersion]
    /// What the inviter's server shows of the room.
    package let shown: StrippedState
    /// That list as it came.
    let list: [JSON]

    /// Why something is no invite that we take: which field, and what is wrong with it.
    package struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        package let field: Text
        package let problem: String
        package var errcode: Text = "M_INVALID_PARAM"
        package var description: String { "\(field) \(problem)" }

        init(_ field: Text, _ problem: String) {
            self.field = field
            self.problem = problem
        }
    }

    package var id: EventID { pdu.id }
    /// The reference hash, 32 bytes: in versions 1 and 2 two events can have one id.
    package let hash: [UInt8]
    package var roomID: RoomID { pdu.roomID }
    package var sender: UserID { pdu.sender }
    /// Nil where what came did not say it.
    package var version: RoomVersion? { versions.count == 1 ? versions[0] : nil }

    private static let latestTime = 253_402_300_799_999
    private static let mostShown = 1000

    /// Checks `object`, an event of one of `versions`, every field of it: it must invite `user` and nobody else, be of
    /// another server's user, and not be what could have come from ours.
    package init(_ object: JSON.Object, _ versions: [RoomVersion], shown: JSON?, for user: UserID) throws(Refusal) {
        let event = object.filter { $0 != "unsigned" }
        guard let first = versions.first else { throw Refusal("room_version", "is none that goes with the room id") }
        let read = versions.compactMap { try? PDU(event, $0) }
        let sound = read.filter { EventHashes.contentMatches($0.object, $0.version) }
        guard let pdu = sound.first ?? read.first else { throw Self.none(event, versions.count == 1, first) }
        try Self.checkKind(pdu, user)
        try Self.checkRoom(pdu)
        try Self.checkOrigin(pdu)
        guard !sound.isEmpty else { throw Refusal("hashes", "is not the event's content hash") }
        let list = try Self.list(shown)
        do { hash = try EventHashes.reference(pdu.object, pdu.version) } catch {
            throw Refusal("event", "has no canonical form")
        }
        self.object = object
        self.pdu = pdu
        self.user = user
        self.versions = sound.map(\.version)
        self.list = list
        self.shown = StrippedState(list, of: pdu.roomID, sound.count == 1 ? pdu.version : nil, from: pdu.sender.server)
    }

    /// The version is worth a word where it is known: else any could have been meant.
    private static func none(_ event: JSON.Object, _ isKnown: Bool, _ version: RoomVersion) -> Refusal {
        let words = isKnown ? "is none of version \(version.id)" : "is none of any room version"
        do { _ = try PDU(event, version) } catch { return Refusal("event", "\(words): \(error)") }
        return Refusal("event", words)
    }

    private static func checkKind(_ pdu: PDU, _ user: UserID) throws(Refusal) {
        let expected: [(Text, Text?, Text)] = [
            ("type", pdu.type, "m.room.member"),
            ("content.membership", pdu.content["membership"]?.text, "invite"),
            ("state_key", pdu.stateKey, user.text),
        ]
        for (field, value, due) in expected where value != due {
            let found = value.map { Quoting.quoted($0) } ?? "missing"
            throw Refusal(field, "is \(found) where \(Quoting.quoted(due)) is due")
        }
        guard pdu.sender.server != user.server else {
            throw Refusal("sender", "is \(Quoting.quoted(pdu.sender.text)), a user of ours: we did not send it")
        }
    }

    private static func checkRoom(_ pdu: PDU) throws(Refusal) {
        guard pdu.version.admits(pdu.roomID) else {
            throw Refusal("room_id", "has not the form of room version \(pdu.version.id)")
        }
        guard (0...latestTime).contains(pdu.timestamp) else { throw Refusal("origin_server_ts", "is no time") }
        guard !pdu.prevEvents.isEmpty else { throw Refusal("prev_events", "names no event") }
        guard !pdu.authEvents.isEmpty else { throw Refusal("auth_events", "names no event") }
        guard pdu.version.namesRoomsByHash else { return }
        let create = Text("$" + String(pdu.roomID.text.string.unicodeScalars.dropFirst()))
        guard !pdu.authEvents.contains(where: { $0.text == create }) else {
            throw Refusal("auth_events", "names the create event, which room version \(pdu.version.id) forbids")
        }
    }

    /// What of an event says who made it: our signature beside it must never make it ours.
    private static func checkOrigin(_ pdu: PDU) throws(Refusal) {
        let server = pdu.sender.server
        if pdu.version.choosesEventIDs, pdu.id.server != server {
            throw Refusal("event_id", "is \(Quoting.quoted(pdu.id.text)), not one of \(server)")
        }
        if let origin = pdu.object["origin"], origin.text != server.text {
            throw Refusal("origin", "is not \(server)")
        }
        if let membership = pdu.object["membership"], membership != "invite" {
            throw Refusal("membership", "is not that of its content")
        }
        guard pdu.content["join_authorised_via_users_server"] == nil else {
            throw Refusal("join_authorised_via_users_server", "is there, which belongs to joins")
        }
    }

    private static func list(_ shown: JSON?) throws(Refusal) -> [JSON] {
        guard let shown else { return [] }
        guard let list = shown.array else { throw Refusal("invite_room_state", "is not a list") }
        guard list.count <= mostShown else { throw Refusal("invite_room_state", "has more than \(mostShown) events") }
        return list
    }
}
