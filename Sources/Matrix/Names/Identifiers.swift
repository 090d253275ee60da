/// What all identifiers share: a sigil, at most 255 bytes, and for most a server name after the first colon.
private func parts(of text: Text, sigil: Text) -> (local: Text, server: ServerName?)? {
    guard text.count <= 255, text.hasPrefix(sigil), !text.utf8.contains(0) else { return nil }
    let rest = Text(String(text.string.unicodeScalars.dropFirst()))
    guard let (local, domain) = rest.split(at: ":") else { return (rest, nil) }
    guard let server = ServerName(domain) else { return nil }
    return (local, server)
}

/// `@localpart:server` (appendices, "User Identifiers").
///
/// Read by the historical grammar, as other servers' users have to be: any localpart without `:` and NUL, even an empty
/// one. `isCurrent` says whether the localpart is one that a user made today may have.
package struct UserID: Sendable, Hashable, CustomStringConvertible {
    package let text: Text
    package let localpart: Text
    package let server: ServerName

    package init?(_ text: Text) {
        guard let (local, server) = parts(of: text, sigil: "@"), let server else { return nil }
        self.text = text
        localpart = local
        self.server = server
    }

    /// user_id_char = DIGIT / %x61-7A / "-" / "." / "=" / "_" / "/" / "+"
    package var isCurrent: Bool {
        !localpart.isEmpty
            && localpart.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-.=_/+".utf8.contains(byte)
            }
    }

    package var description: String { text.string }
}

/// `#alias:server` (appendices, "Room Aliases").
package struct RoomAlias: Sendable, Hashable, CustomStringConvertible {
    package let text: Text
    package let server: ServerName

    package init?(_ text: Text) {
        guard let (_, server) = parts(of: text, sigil: "#"), let server else { return nil }
        self.text = text
        self.server = server
    }

    package var description: String { text.string }
}

/// `!opaque:server`, or from room version 12 on `!` and the create event's hash (appendices, "Room IDs").
package struct RoomID: Sendable, Hashable, CustomStringConvertible {
    package let text: Text
    /// Nil where the room id names no server.
    package let server: ServerName?

    package init?(_ text: Text) {
        guard let (local, server) = parts(of: text, sigil: "!"), server != nil || !local.isEmpty else { return nil }
        self.text = text
        self.server = server
    }

    package var description: String { text.string }
}

/// `$opaque:server` in room versions 1 and 2, `$` and a hash in later ones (appendices, "Event IDs").
package struct EventID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: Text
    /// Nil where the event id names no server.
    package let server: ServerName?

    package init?(_ text: Text) {
        guard let (local, server) = parts(of: text, sigil: "$"), server != nil || !local.isEmpty else { return nil }
        self.text = text
        self.server = server
    }

    package static func < (left: EventID, right: EventID) -> Bool { left.text < right.text }
    package var description: String { text.string }
}

/// `algorithm:version`, such as `ed25519:a_Qx7f` (appendices, "Checking for a Signature").
package struct KeyID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: Text
    package let algorithm: Text
    package let version: Text

    /// The key that policy servers sign with: it may stand under any server's name, and speaks for none of them.
    package static let policyServer: Text = "ed25519:policy_server"

    package init?(_ text: Text) {
        guard text.count <= 255, let (algorithm, version) = text.split(at: ":"), !algorithm.isEmpty, !version.isEmpty,
            version.utf8.allSatisfy(Self.isVersionByte)
        else { return nil }
        self.text = text
        self.algorithm = algorithm
        self.version = version
    }

    package var isEd25519: Bool { algorithm == "ed25519" }

    package static func < (left: KeyID, right: KeyID) -> Bool { left.text < right.text }
    package var description: String { text.string }

    private static func isVersionByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        default: false
        }
    }
}
