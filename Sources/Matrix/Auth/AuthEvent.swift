/// What the authorisation rules look at in an event.
///
/// A class, since one event stands in the state that many others are judged by.
package final class AuthEvent: Sendable {
    /// The types that the rules know, so that looking one up compares no text.
    package enum Kind: Sendable {
        case create
        case member
        case powerLevels
        case joinRules
        case thirdPartyInvite
        case aliases
        case redaction
        case other
    }

    package enum Membership: Sendable {
        case join
        case invite
        case leave
        case ban
        case knock
        /// Any other value, a string or not.
        case unknown
    }

    // First what the rules ask of nearly every event: a room's events lie apart in memory, and each part that has to be
    // fetched of one costs more than to ask.
    package let kind: Kind
    /// What a member event makes of its target; nil where its content has no `membership`, and for other types.
    package let membership: Membership?
    let hasPrevious: Bool
    /// Whether its content has `join_authorised_via_users_server`, which few have.
    package let namesAuthoriser: Bool
    private let isURLSafe: Bool
    /// Nil for an event that is no state event.
    package let stateKey: Text?
    package let sender: UserID
    /// What the event itself says: nil where it has no `room_id`, as create events from version 12 on.
    package let roomID: RoomID?
    package let content: JSON.Object
    /// The only event before it; nil where there are none or several.
    let previous: EventKey?
    let key: EventKey
    package let type: Text
    /// The id, where it is not `key` in base64.
    private let chosenID: Text?
    /// The events that it names, where whoever made it keeps them here; no rule looks at them.
    package let authEvents: [EventID]
    /// The top-level `redacts`, which only the rules of versions 1 and 2 ask for.
    package let redacts: Text?

    package init(
        id: EventID,
        type: Text,
        stateKey: Text?,
        sender: UserID,
        roomID: RoomID?,
        key: EventKey,
        previous: EventKey?,
        hasPrevious: Bool,
        authEvents: [EventID] = [],
        content: JSON.Object,
        redacts: Text? = nil
    ) {
        self.key = key
        isURLSafe = id.hash(urlSafe: true) == key
        chosenID = isURLSafe || id.hash(urlSafe: false) == key ? nil : id.text
        self.previous = previous
        self.hasPrevious = hasPrevious
        self.authEvents = authEvents
        self.type = type
        self.stateKey = stateKey
        self.sender = sender
        self.roomID = roomID
        self.content = content
        self.redacts = redacts
        kind = Kind(type)
        membership = kind == .member ? content["membership"].map { Membership($0) } : nil
        namesAuthoriser = content["join_authorised_via_users_server"] != nil
    }

    /// Of ids of any form, which count by their text alone.
    package convenience init(
        id: EventID,
        type: Text,
        stateKey: Text?,
        sender: UserID,
        roomID: RoomID?,
        prevEvents: [EventID] = [],
        authEvents: [EventID] = [],
        content: JSON.Object,
        redacts: Text? = nil
    ) {
        self.init(
            id: id,
            type: type,
            stateKey: stateKey,
            sender: sender,
            roomID: roomID,
            key: EventKey(text: id),
            previous: prevEvents.count == 1 ? EventKey(text: prevEvents[0]) : nil,
            hasPrevious: !prevEvents.isEmpty,
            authEvents: authEvents,
            content: content,
            redacts: redacts
        )
    }

    package convenience init(_ pdu: PDU) {
        self.init(
            id: pdu.id,
            type: pdu.type,
            stateKey: pdu.stateKey,
            sender: pdu.sender,
            roomID: pdu.object["room_id"] == nil ? nil : pdu.roomID,
            key: EventKey(pdu.id, pdu.version),
            previous: pdu.prevEvents.count == 1 ? EventKey(pdu.prevEvents[0], pdu.version) : nil,
            hasPrevious: !pdu.prevEvents.isEmpty,
            authEvents: pdu.authEvents,
            content: pdu.content,
            redacts: pdu.object["redacts"]?.text
        )
    }
}

extension AuthEvent {
    package var id: EventID { chosenID.map { EventID(unchecked: $0) } ?? EventID(hash: key, urlSafe: isURLSafe) }

    /// The room that it is of: a create event of version 12 or later makes one that is named by its hash.
    package var room: RoomID? { roomID ?? RoomID(hashOf: id) }

    package var isCreate: Bool { isState(.create, "") }

    /// Who a restricted room's join was let in by, as it says.
    package var authoriser: Text? { namesAuthoriser ? content["join_authorised_via_users_server"]?.text : nil }

    /// `content.third_party_invite.signed`.
    var signedInvite: JSON.Object? { content["third_party_invite"]?["signed"]?.object }

    func isState(_ kind: Kind, _ key: Text) -> Bool {
        guard self.kind == kind, let stateKey else { return false }
        return stateKey == key
    }
}

extension AuthEvent.Kind {
    fileprivate init(_ type: Text) {
        self =
            switch type {
            case "m.room.member": .member
            case "m.room.create": .create
            case "m.room.power_levels": .powerLevels
            case "m.room.join_rules": .joinRules
            case "m.room.third_party_invite": .thirdPartyInvite
            case "m.room.aliases": .aliases
            case "m.room.redaction": .redaction
            default: .other
            }
    }
}

extension AuthEvent.Membership {
    fileprivate init(_ value: JSON) {
        self =
            switch value.text {
            case "join": .join
            case "invite": .invite
            case "leave": .leave
            case "ban": .ban
            case "knock": .knock
            default: .unknown
            }
    }
}
