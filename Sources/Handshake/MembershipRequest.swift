package import Matrix

/// What a person asked for: everything that a handshake needs to know beside the network.
package struct MembershipRequest: Sendable {
    package var room: RoomReference
    package var user: UserID
    /// Servers to join through, before those of the link or the directory.
    package var via: [ServerName] = []
    /// The room versions to offer.
    package var versions = RoomVersion.all
    package var content = MembershipEvent.Content()
    package var stopAfter: Stage?
    /// Whether to look at our own key as others see it.
    package var checksSelf = true
    /// Whether a running homeserver under our name may be ignored.
    package var isForced = false
    /// Whether our own certificate was made at start, so that nobody can verify it.
    package var servesThrowawayCertificate = false
    /// Whether the resident may leave members out of the state that it answers with (v1.6).
    package var omitsMembers = false
    /// The invite that the user has to the room.
    package var invite: Invite?
    /// Whether nothing but the invite says which room is meant.
    package var takesRoomOfInvite = false
    /// How many candidates to ask for a template at most.
    package var mostCandidates = 5

    package init(room: RoomReference, user: UserID) {
        self.room = room
        self.user = user
    }

    /// Whether the run can end with an event sent.
    var changesRoom: Bool {
        guard let stopAfter else { return true }
        return stopAfter == .verify || Stage.sends.contains(stopAfter)
    }

    /// The servers that the person named: those of an invite are another server's word.
    package var named: [ServerName] { via + (takesRoomOfInvite ? [] : room.via + namesOfRoom) }

    /// Who led us to `server`, where that was an invite and not the person.
    func leader(to server: ServerName) -> String? {
        guard let invite, !named.contains(server) else { return nil }
        return "the invite of \(invite.sender)"
    }

    private var namesOfRoom: [ServerName] {
        switch room.room {
        case .alias(let alias): [alias.server]
        case .id(let id): [id.server].compactMap { $0 }
        }
    }

    /// `servers`, the inviter's before those that nobody asked for.
    func candidates(_ servers: [ServerName]) -> [ServerName] {
        others(via + room.via + [invite?.sender.server].compactMap { $0 } + servers)
    }

    /// Whom to find first: the alias's server, or for a room id the servers that were named.
    package var directoryServers: [ServerName] {
        switch room.room {
        case .alias(let alias): [alias.server]
        case .id(let id):
            if invite != nil {
                candidates([id.server].compactMap { $0 })
            } else {
                others((via + room.via).isEmpty ? [id.server].compactMap { $0 } : via + room.via)
            }
        }
    }

    /// `servers` in their order, each once and ourselves left out: nobody gets in through themselves.
    func others(_ servers: [ServerName]) -> [ServerName] {
        var seen: Set = [user.server]
        return servers.filter { seen.insert($0).inserted }
    }
}
