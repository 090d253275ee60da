import Matrix

/// Names, keys and templates that many tests begin with.
enum Sample {
    /// The seed of the specification's own test vectors.
    static let seed = Base64.decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")!
    static let key = SigningKey(id: KeyID("ed25519:1")!, seed: seed)!
    static let otherKey = SigningKey(id: KeyID("ed25519:2")!, seed: [UInt8](repeating: 2, count: 32))!

    static let joiner = ServerName("joiner.example")!
    static let resident = ServerName("resident.example:8448")!
    static let user = UserID("@alice:joiner.example")!
    static let timestamp = 1_700_000_000_000

    static func roomID(_ version: RoomVersion) -> RoomID {
        RoomID(
            version.namesRoomsByHash ? "!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ" : "!room:resident.example:8448"
        )!
    }

    static func eventID(_ number: Int, _ version: RoomVersion) -> Text {
        switch version.eventIDs {
        case .chosen: Text("$event\(number):resident.example")
        case .standardHash, .urlSafeHash: Text("$" + Base64.encode(number32(number), urlSafe: version.isURLSafe).string)
        }
    }

    /// A reference to an event as `prev_events` holds it.
    static func reference(_ number: Int, _ version: RoomVersion) -> JSON {
        let id = JSON.string(eventID(number, version))
        return version.choosesEventIDs ? [id, ["sha256": .string(Base64.encode(number32(number)))]] : id
    }

    static func request(
        _ version: RoomVersion,
        _ membership: TemplateRequest.Membership = .join,
        offered: [RoomVersion] = RoomVersion.all
    ) -> TemplateRequest {
        TemplateRequest(
            membership: membership,
            roomID: roomID(version),
            user: user,
            resident: resident,
            offered: offered
        )
    }

    /// A make_join answer that is as it should be.
    static func answer(_ version: RoomVersion, membership: Text = "join") -> JSON {
        [
            "room_version": .string(version.id),
            "event": [
                "type": "m.room.member", "room_id": .string(roomID(version).text), "sender": .string(user.text),
                "state_key": .string(user.text), "content": ["membership": .string(membership)],
                "prev_events": [reference(1, version)],
                "auth_events": [reference(2, version), reference(3, version)],
                "depth": 12, "origin": "resident.example:8448", "origin_server_ts": 1,
            ],
        ]
    }

    static func template(_ version: RoomVersion) throws -> MembershipTemplate {
        try MembershipTemplate(checking: answer(version), for: request(version))
    }

    private static func number32(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(250 - number), count: 32) }
}

extension RoomVersion {
    var isURLSafe: Bool { eventIDs == .urlSafeHash }
}

extension JSON {
    /// The same value with the member at `path` set, or taken out.
    func with(_ path: [Text], _ value: JSON?) -> JSON {
        guard let first = path.first, var object else { return value ?? self }
        let inner = path.count == 1 ? value : (object[first] ?? [:]).with(Array(path.dropFirst()), value)
        object[first] = inner
        return .object(object)
    }

    /// `JSON("…")` would be the literal's own initializer, and make a string.
    init(reading text: String) throws { try self.init(parsing: Array(text.utf8)) }
}

extension CanonicalJSON {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
