@testable import Matrix

/// A small room, and an event that wants to be let in: what an example changes to make its point.
///
/// Of server a: the creator (100, or above all), a moderator (50) and a member (0). Nobody of server b is in it.
struct AuthScene {
    let version: RoomVersion
    var createContent: JSON.Object
    /// The room's members, by user.
    var memberships: [Text: Text] = [creator: "join", mod: "join", user: "join"]
    var levels: JSON?
    var joinRule: JSON? = ["join_rule": "invite"]
    var thirdPartyInvite: AuthEvent?

    var type: Text = "m.room.message"
    var stateKey: Text?
    var sender: Text = user
    var content: JSON.Object = [:]
    var redacts: Text?
    var roomID: RoomID?
    var prevEvents: [EventID]

    /// What is done to the events that it names, which are all that its version selects.
    var changeNamed: (inout [AuthEvent]) -> Void = { _ in }
    var hasCreate = true
    var rejected: [EventID] = []
    var isSignedByAuthoriser = true

    static let creator: Text = "@creator:a"
    static let mod: Text = "@mod:a"
    static let user: Text = "@user:a"
    static let stranger: Text = "@stranger:b"

    init(_ version: RoomVersion) {
        self.version = version
        createContent = ["room_version": .string(version.id)]
        if version.rules.terms.creators == .named { createContent["creator"] = .string(Self.creator) }
        roomID = RoomID(version.namesRoomsByHash ? "!create" : "!room:a")
        levels = ["users": ["@mod:a": 50]]
        prevEvents = []
        prevEvents = [id("last")]
        if !version.namesRoomsByHash { setLevel(of: Self.creator, 100) }
    }

    func id(_ name: String, of server: String = "a") -> EventID {
        EventID(Text(version.choosesEventIDs ? "$\(name):\(server)" : "$\(name)"))!
    }

    mutating func setLevel(of user: Text, _ level: JSON) { levels = levels?.with(["users", user], level) }
    mutating func setLevel(_ path: Text..., to level: JSON?) { levels = levels?.with(path, level) }
}

// The events that want in.
extension AuthScene {
    mutating func member(_ sender: Text, _ membership: JSON, of target: Text? = nil, _ more: JSON.Object = [:]) {
        state("m.room.member", target ?? sender, by: sender)
        content = more
        content["membership"] = membership
    }

    mutating func state(_ type: Text, _ key: Text = "", _ content: JSON.Object = [:], by sender: Text) {
        self.type = type
        stateKey = key
        self.content = content
        self.sender = sender
    }

    /// New levels: those that are, changed.
    mutating func newLevels(by sender: Text, _ change: (inout JSON) -> Void) {
        var new = levels ?? [:]
        change(&new)
        state("m.room.power_levels", "", new.object ?? [:], by: sender)
    }

    /// The event that makes the room.
    mutating func create() {
        state("m.room.create", "", createContent, by: Self.creator)
        prevEvents = []
        if version.namesRoomsByHash { roomID = nil }
        changeNamed = { $0 = [] }
    }

    /// An invite of `target` in the place of a third party's, signed by its key.
    mutating func invite(_ target: Text, byThirdParty change: (inout JSON) -> Void = { _ in }) {
        thirdPartyInvite = event(
            "third",
            "m.room.third_party_invite",
            "token",
            ["public_key": .string(Sample.key.publicKey.base64)],
            by: Self.user
        )
        var signed: JSON = ["mxid": .string(target), "token": "token"]
        let canonical = try! CanonicalJSON(signed)
        let signature = JSON.string(Base64.encode(Sample.key.signature(of: canonical)))
        signed = signed.with(["signatures"], ["id.example": ["ed25519:0": signature]])
        var invite: JSON = ["signed": signed]
        change(&invite)
        member(Self.user, "invite", of: target, ["third_party_invite": invite])
    }

    var event: AuthEvent {
        AuthEvent(
            id: type == "m.room.create" ? id("create") : id("event"),
            type: type,
            stateKey: stateKey,
            sender: UserID(sender)!,
            roomID: roomID,
            prevEvents: prevEvents,
            content: content,
            redacts: redacts
        )
    }
}

// What it is judged by.
extension AuthScene {
    func event(_ name: String, _ type: Text, _ key: Text?, _ content: JSON, by sender: Text) -> AuthEvent {
        let isNameless = type == "m.room.create" && version.namesRoomsByHash
        return AuthEvent(
            id: id(name),
            type: type,
            stateKey: key,
            sender: UserID(sender)!,
            roomID: isNameless ? nil : RoomID(version.namesRoomsByHash ? "!create" : "!room:a"),
            content: content.object ?? [:]
        )
    }

    var createEvent: AuthEvent { event("create", "m.room.create", "", .object(createContent), by: Self.creator) }

    var state: [AuthEvent] {
        var state = hasCreate ? [createEvent] : []
        for (user, membership) in memberships.sorted(by: { $0.key < $1.key }) {
            let localpart = UserID(user)!.localpart.string
            state.append(event(localpart, "m.room.member", user, ["membership": .string(membership)], by: user))
        }
        if let levels { state.append(event("levels", "m.room.power_levels", "", levels, by: Self.creator)) }
        if let joinRule { state.append(event("rule", "m.room.join_rules", "", joinRule, by: Self.creator)) }
        return state + (thirdPartyInvite.map { [$0] } ?? [])
    }

    /// By the events that it names.
    func context(for event: AuthEvent) -> AuthContext {
        var named = state.filter { version.rules.terms.selection.admits($0, for: event) }
        changeNamed(&named)
        return AuthContext(
            authEvents: named,
            create: version.namesRoomsByHash && hasCreate ? createEvent : nil,
            rejected: rejected,
            isSignedByAuthoriser: isSignedByAuthoriser
        )
    }

    /// By rules that may not be its version's.
    func verdict(_ rules: AuthRules? = nil, trace: ((AuthTrial) -> Void)? = nil) -> AuthVerdict {
        let event = event
        return (rules ?? version.rules).judge(event, context(for: event), trace: trace)
    }
}
