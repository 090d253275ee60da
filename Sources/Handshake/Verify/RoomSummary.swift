internal import Federation
package import Matrix

/// What a person wants to know of a room at a glance.
package struct RoomSummary: Sendable {
    package let id: RoomID
    package let version: RoomVersion
    package let creators: [Text]
    /// `public`, `invite`, …; `invite` where the room says nothing.
    package let joinRule: Text
    package let joined: Int
    package let invited: Int
    package let banned: Int
    package let servers: Int
    /// Whether there are more members than the answer has.
    package let isPartial: Bool
    /// Users of more power than others, the most powerful first.
    package let powers: [(user: Text, level: Int)]
    package let historyVisibility: Text?
    package let encryption: Text?
    /// The room that took its place.
    package let replacement: Text?
    /// Nil where the room has no server ACL.
    package let aclAdmitsUs: Bool?

    private static let mostPowers = 5

    init(
        _ events: RoomEvents, _ members: Members, _ body: Blob, _ room: RoomID, _ version: RoomVersion,
        _ answer: SendJoinAnswer, us: ServerName?
    ) {
        let state = StateReader(events: events, body: body, version: version)
        id = room
        self.version = version
        let create = events.creates.first.map { events.all[$0] }
        creators = create.map { Self.creators($0.event.sender, events.content(of: $0, in: body), version) } ?? []
        joinRule = state.content("m.room.join_rules")?["join_rule"]?.text ?? "invite"
        joined = members.joined
        invited = members.invited
        banned = members.banned
        let named = answer.serversInRoom.flatMap { body.names(in: $0) } ?? []
        servers = members.servers.union(named).count
        isPartial = answer.membersOmitted
        powers = Self.powers(state.content("m.room.power_levels"), version.rules.terms.levels)
        historyVisibility = state.content("m.room.history_visibility")?["history_visibility"]?.text
        encryption = state.content("m.room.encryption")?["algorithm"]?.text
        replacement = state.content("m.room.tombstone")?["replacement_room"]?.text
        aclAdmitsUs = us.flatMap { us in state.content("m.room.server_acl").map { ServerACL($0).admits(us) } }
    }

    /// Of a run that was saved.
    init(
        id: RoomID, version: RoomVersion, creators: [Text], joinRule: Text, joined: Int, invited: Int, banned: Int,
        servers: Int, isPartial: Bool, powers: [(user: Text, level: Int)], historyVisibility: Text?,
        encryption: Text?, replacement: Text?, aclAdmitsUs: Bool?
    ) {
        self.id = id
        self.version = version
        self.creators = creators
        self.joinRule = joinRule
        self.joined = joined
        self.invited = invited
        self.banned = banned
        self.servers = servers
        self.isPartial = isPartial
        self.powers = powers
        self.historyVisibility = historyVisibility
        self.encryption = encryption
        self.replacement = replacement
        self.aclAdmitsUs = aclAdmitsUs
    }

    private static func creators(_ sender: UserID, _ content: JSON.Object, _ version: RoomVersion) -> [Text] {
        switch version.rules.terms.creators {
        case .named: [content["creator"]?.text ?? sender.text]
        case .sender: [sender.text]
        case .all: [sender.text] + (content["additional_creators"]?.array ?? []).compactMap(\.text)
        }
    }

    /// Older rooms have levels that are strings, too.
    private static func powers(_ content: JSON.Object?, _ format: LevelFormat) -> [(user: Text, level: Int)] {
        let users = content?["users"]?.object?.members ?? []
        let levels = users.compactMap { member in format.level(member.value).map { (member.key, $0) } }
        return levels.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(mostPowers).map { (user: $0.0, level: $0.1) }
    }
}

/// How many members of which kind a room's state has.
struct Members {
    private(set) var joined = 0
    private(set) var invited = 0
    private(set) var banned = 0
    /// Those of the ones that joined.
    let servers: Set<ServerName>

    init(_ events: RoomEvents) {
        // By places, since to take an event out of the list costs more than to look at it there.
        for place in events.all.indices where events.all[place].isOfState {
            switch events.all[place].membership {
            case .join: joined += 1
            case .invite: invited += 1
            case .ban: banned += 1
            default: break
            }
        }
        servers = events.servers { events.all[$0].isOfState && events.all[$0].membership == .join }
    }
}

extension RoomEvents {
    /// `event` as it came, of whatever size.
    func object(of event: RoomEvent, in body: Blob) -> JSON.Object {
        let value = (event.source ?? body).withBytes(in: event.range) { bytes in try? JSON(parsing: bytes) }
        return value?.object ?? JSON.Object()
    }

    /// Its content.
    func content(of event: RoomEvent, in body: Blob) -> JSON.Object {
        object(of: event, in: body)["content"]?.object ?? JSON.Object()
    }
}

/// Reads the content of single state events again, where they lie.
struct StateReader: Sendable {
    private let events: RoomEvents
    private let body: Blob
    private let version: RoomVersion
    /// The places of the first state event of each type with an empty key.
    private let places: [Text: Int]

    init(events: RoomEvents, body: Blob, version: RoomVersion) {
        var places: [Text: Int] = [:]
        for place in events.placesOfRoom where events.all[place].isOfState {
            let type = events.all[place].event.type
            if places[type] == nil { places[type] = place }
        }
        self.events = events
        self.body = body
        self.version = version
        self.places = places
    }

    /// The content of the state event of `type` with an empty key.
    func content(_ type: Text) -> JSON.Object? { places[type].flatMap { content(of: events.all[$0]) } }

    func content(of event: RoomEvent) -> JSON.Object? {
        let object = events.object(of: event, in: body)
        // What was not hashed is not believed.
        return event.contentHash == .differs
            ? version.redaction.redact(object)["content"]?.object : object["content"]?.object
    }
}

/// A room's server ACL (client-server API, "Server Access Control Lists"; globs match in any case, v1.19).
struct ServerACL: Sendable {
    private let allow: [Text]
    private let deny: [Text]
    private let allowsAddresses: Bool

    init(_ content: JSON.Object) {
        allow = (content["allow"]?.array ?? []).compactMap(\.text)
        deny = (content["deny"]?.array ?? []).compactMap(\.text)
        allowsAddresses = content["allow_ip_literals"]?.bool ?? true
    }

    func admits(_ server: ServerName) -> Bool {
        if server.isIPLiteral, !allowsAddresses { return false }
        let host = Array(server.urlHost.lowercased().utf8)
        if deny.contains(where: { Self.matches(Array($0.string.lowercased().utf8), host) }) { return false }
        return allow.contains { Self.matches(Array($0.string.lowercased().utf8), host) }
    }

    /// `*` for any bytes and `?` for one; in time that grows with the product of both lengths at most.
    private static func matches(_ glob: [UInt8], _ text: [UInt8]) -> Bool {
        var (g, t, star, mark) = (0, 0, -1, 0)
        while t < text.count {
            if g < glob.count, glob[g] == UInt8(ascii: "*") {
                (star, mark) = (g, t)
                g += 1
            } else if g < glob.count, glob[g] == text[t] || glob[g] == UInt8(ascii: "?") {
                g += 1
                t += 1
            } else if star >= 0 {
                mark += 1
                (g, t) = (star + 1, mark)
            } else {
                return false
            }
        }
        return glob[g...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
