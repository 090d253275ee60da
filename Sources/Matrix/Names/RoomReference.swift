/// What a person types for a room: an alias, a room id, a `matrix:` URI or a matrix.to link (appendices, "URIs").
package struct RoomReference: Sendable, Hashable {
    package enum Room: Sendable, Hashable {
        case alias(RoomAlias)
        case id(RoomID)
    }

    package let room: Room
    /// Servers that the link names as able to help, in its order.
    package let via: [ServerName]

    /// Why a text names no room; the description quotes nothing of it.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package init(parsing text: Text) throws(Failure) {
        if text.hasPrefix("matrix:") {
            self = try Self.uri(Text(String(text.string.unicodeScalars.dropFirst(7))))
        } else if let link = Self.matrixToLink(text) {
            self = try Self.matrixTo(link)
        } else {
            self = RoomReference(room: try Self.room(text), via: [])
        }
    }

    /// Whether `text` begins as a room does that a person types, also where it is none.
    package static func isMeant(by text: Text) -> Bool {
        ["#", "!", "matrix:"].contains(where: text.hasPrefix) || matrixToLink(text) != nil
    }

    package var text: Text {
        switch room {
        case .alias(let alias): alias.text
        case .id(let id): id.text
        }
    }

    private init(room: Room, via: [ServerName]) {
        self.room = room
        self.via = via
    }

    private static func room(_ text: Text) throws(Failure) -> Room {
        if text.hasPrefix("#") {
            if let alias = RoomAlias(text) { return .alias(alias) }
            throw Failure(description: "it is not a room alias of the form '#alias:server'")
        }
        if text.hasPrefix("!") {
            if let id = RoomID(text) { return .id(id) }
            throw Failure(description: "it is not a room id of the form '!id:server' or '!id'")
        }
        throw Failure(description: "a room is '#alias:server', '!id', a matrix: URI or a matrix.to link")
    }

    /// `[//authority/]r/alias:server` or `roomid/id`, then `?via=…`; an event after them is passed over.
    private static func uri(_ rest: Text) throws(Failure) -> RoomReference {
        let (path, via) = try query(rest)
        var segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if path.hasPrefix("//") { segments.removeFirst(min(3, segments.count)) }
        guard segments.count >= 2, let name = PercentEncoding.decode(segments[1]) else {
            throw Failure(description: "a matrix: URI of a room has the form matrix:r/alias:server or matrix:roomid/id")
        }
        switch String(decoding: segments[0], as: UTF8.self) {
        case "r", "room": return RoomReference(room: try room(Text("#" + name.string)), via: via)
        case "roomid": return RoomReference(room: try room(Text("!" + name.string)), via: via)
        default: throw Failure(description: "this matrix: URI does not name a room")
        }
    }

    private static func matrixToLink(_ text: Text) -> Text? {
        for prefix: Text in ["https://matrix.to/#/", "http://matrix.to/#/", "matrix.to/#/"] where text.hasPrefix(prefix)
        {
            return Text(String(text.string.unicodeScalars.dropFirst(prefix.count)))
        }
        return nil
    }

    private static func matrixTo(_ rest: Text) throws(Failure) -> RoomReference {
        let (path, via) = try query(rest)
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let name = segments.first.flatMap({ PercentEncoding.decode($0) }) else {
            throw Failure(description: "this matrix.to link does not name a room")
        }
        return RoomReference(room: try room(name), via: via)
    }

    private static func query(_ text: Text) throws(Failure) -> (path: Text, via: [ServerName]) {
        guard let (path, query) = text.split(at: "?") else { return (text, []) }
        var via: [ServerName] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            guard let (key, value) = Text(String(decoding: pair, as: UTF8.self)).split(at: "="), key == "via" else {
                continue
            }
            guard let name = PercentEncoding.decode(value.utf8[...]), let server = ServerName(name) else {
                throw Failure(description: "a via of this link is not a server name")
            }
            if !via.contains(server) { via.append(server) }
        }
        return (path, via)
    }
}
