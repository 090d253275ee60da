internal import Matrix

/// What stands in the state that a room begins with.
enum CoreState {
    static func events(_ room: Room) -> [(type: Text, content: JSON.Object)] {
        let denied = (0..<30).map { JSON.string(Text("*.spam\($0).example.net")) }
        return [
            ("m.room.history_visibility", ["history_visibility": "shared"]),
            ("m.room.guest_access", ["guest_access": "forbidden"]),
            ("m.room.name", ["name": "A large room"]),
            ("m.room.topic", ["topic": "Measured from time to time \u{2013} caf\u{E9}"]),
            ("m.room.canonical_alias", ["alias": .string(Text("#large:\(room.servers[0].name)"))]),
            ("m.room.server_acl", ["allow": ["*"], "deny": .array(denied), "allow_ip_literals": false]),
        ]
    }

    /// From version 12 on the creator's power is boundless, and must not be listed.
    static func powerLevels(
        _ version: RoomVersion, creator: Member, _ moderators: [Member], _ index: Int
    ) -> JSON.Object {
        var users = JSON.Object()
        if !version.namesRoomsByHash { users[creator.user] = 100 }
        for moderator in moderators { users[moderator.user] = 50 }
        return [
            "users": .object(users), "users_default": 0, "events_default": 0, "state_default": 50, "ban": 50,
            "kick": 50, "redact": 50, "invite": 0, "notifications": ["room": .integer(index % 2 * 50)],
            "events": [
                "m.room.name": 50, "m.room.power_levels": 100, "m.room.history_visibility": 100,
                "m.room.tombstone": .integer(version.namesRoomsByHash ? 150 : 100), "m.room.server_acl": 100,
                "m.room.encryption": 100, "m.room.pinned_events": .integer(index % 3 * 25), Self.beacon: 0,
            ],
        ]
    }

    static func joinRules(isPublic: Bool, isRestricted: Bool) -> JSON.Object {
        if isPublic { return ["join_rule": "public"] }
        guard isRestricted else { return ["join_rule": "invite"] }
        return [
            "join_rule": "restricted", "allow": [["type": "m.room_membership", "room_id": "!everybody:example.org"]],
        ]
    }

    /// State that anybody may set under the own user id.
    static let beacon: Text = "org.matrix.msc3672.beacon_info"

    static func beaconContent(_ time: Int) -> JSON.Object {
        [
            "description": "Where I am", "live": false, "timeout": 3_600_000,
            "org.matrix.msc3488.asset": ["type": "m.self"], "org.matrix.msc3488.ts": .integer(Room.start + time),
        ]
    }
}
