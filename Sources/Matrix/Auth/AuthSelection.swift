/// Which state an event's `auth_events` may name (server-server API, "Auth events selection").
package struct AuthSelection: Sendable, Hashable {
    /// Whether the create event is named; from version 12 on the room id stands for it.
    var namesCreate = true
    /// Whether a restricted room's join names the membership of who let it in.
    var namesAuthoriser = false

    package struct Key: Sendable, Hashable {
        package let type: Text
        package let stateKey: Text

        package init(_ type: Text, _ stateKey: Text) {
            self.type = type
            self.stateKey = stateKey
        }
    }

    /// The state that `event` should name, as far as the room has it; each key once.
    package func keys(for event: AuthEvent) -> [Key] {
        guard event.kind != .create else { return [] }
        var keys: [Key] = []
        func add(_ type: Text, _ stateKey: Text?) {
            guard let key = stateKey.map({ Key(type, $0) }), !keys.contains(key) else { return }
            keys.append(key)
        }
        if namesCreate { add("m.room.create", "") }
        add("m.room.power_levels", "")
        add("m.room.member", event.sender.text)
        guard event.kind == .member else { return keys }
        add("m.room.member", event.stateKey)
        if event.dependsOnJoinRules { add("m.room.join_rules", "") }
        add("m.room.third_party_invite", event.invitedBy)
        if namesAuthoriser { add("m.room.member", event.authorisedBy) }
        return keys
    }

    /// Whether `named` is among the state that `event` should name.
    func admits(_ named: AuthEvent, for event: AuthEvent) -> Bool {
        guard event.kind != .create, let key = named.stateKey else { return false }
        switch named.kind {
        case .create: return namesCreate && key.isEmpty
        case .powerLevels: return key.isEmpty
        case .joinRules: return key.isEmpty && event.dependsOnJoinRules
        case .thirdPartyInvite: return key == event.invitedBy
        case .member:
            if key == event.sender.text { return true }
            guard event.kind == .member else { return false }
            return key == event.stateKey || namesAuthoriser && key == event.authorisedBy
        case .aliases, .redaction, .other: return false
        }
    }
}

extension AuthEvent {
    fileprivate var dependsOnJoinRules: Bool { membership == .join || membership == .invite || membership == .knock }

    /// The token of the third party's invite that an invite stands in for.
    fileprivate var invitedBy: Text? { membership == .invite ? signedInvite?["token"]?.text : nil }

    fileprivate var authorisedBy: Text? { membership == .join ? authoriser : nil }
}
