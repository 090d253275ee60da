/// What all identifiers share: a sigil, at most 255 bytes, and for most a server name after the first colon.
private struct Parts {
    /// Where the first colon stands, in bytes; nil where there is none.
    let colon: Int?
    let server: ServerName?

    init?(_ text: Text, sigil: Unicode.Scalar, _ known: ServerCache? = nil) {
        guard text.count <= 255 else { return nil }
        let shape = text.withBytes { bytes -> (isRight: Bool, colon: Int?) in
            (bytes.first == UInt8(ascii: sigil) && !bytes.contains(0), bytes.firstIndex(of: UInt8(ascii: ":")))
        }
        guard shape.isRight else { return nil }
        colon = shape.colon
        guard let colon = shape.colon else {
            server = nil
            return
        }
        guard let server = known?.name(in: text, after: colon) ?? ServerName(text.suffix(after: colon)) else {
            return nil
        }
        self.server = server
    }
}

/// Server names that were read before, since most events of a room are of few servers: a place for each hash, so that
/// it stays as large as it is whatever a room holds.
package struct ServerCache: Sendable {
    private var names: [ServerName?]

    /// Of `size` places, a power of two.
    init(size: Int) { names = [ServerName?](repeating: nil, count: size) }

    /// The server name that stands in `text` after the byte at `colon`, where it was read before.
    func name(in text: Text, after colon: Int) -> ServerName? {
        text.withBytes { bytes -> ServerName? in
            let domain = UnsafeBufferPointer(rebasing: bytes[(colon + 1)...])
            guard let name = names[self.place(domain)] else { return nil }
            return name.text.withBytes { Bytes.equal($0, domain) } ? name : nil
        }
    }

    /// Remembers `name`; its place.
    mutating func add(_ name: ServerName) -> Int {
        let place = name.text.withBytes { self.place($0) }
        if names[place] != name { names[place] = name }
        return place
    }

    /// FNV-1a, folded.
    private func place(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int(hash ^ hash >> 16) & (names.count - 1)
    }
}

/// `@localpart:server` (appendices, "User Identifiers").
///
/// Read by the historical grammar, as other servers' users have to be: any localpart without `:` and NUL, even an empty
/// one. `isCurrent` says whether the localpart is one that a user made today may have.
package struct UserID: Sendable, Hashable, CustomStringConvertible {
    package let text: Text
    package let server: ServerName

    package init?(_ text: Text) { self.init(text, known: nil) }

    init?(_ text: Text, known: ServerCache?) {
        guard let server = Parts(text, sigil: "@", known)?.server else { return nil }
        self.text = text
        self.server = server
    }

    // The text says all.
    package static func == (left: UserID, right: UserID) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { text.hash(into: &hasher) }

    package var localpart: Text { text.split(at: ":").map { $0.before.suffix(after: 0) } ?? "" }

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
        guard let server = Parts(text, sigil: "#")?.server else { return nil }
        self.text = text
        self.server = server
    }

    package var description: String { text.string }
}

/// `!opaque:server`, or from room version 12 on `!` and the create event's hash (appendices, "Room IDs").
package struct RoomID: Sendable, Hashable, CustomStringConvertible {
    package let text: Text

    package init?(_ text: Text) {
        guard let parts = Parts(text, sigil: "!"), parts.server != nil || text.count > 1 else { return nil }
        self.text = text
    }

    /// Nil where the room id names no server.
    package var server: ServerName? { Parts(text, sigil: "!")?.server }

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
