/// What a room version changes in events, their ids, hashes and signatures: data, each version the one before and its
/// changes (specification, "Room Versions").
package struct RoomVersion: Sendable, Hashable {
    package enum EventIDs: Sendable, Hashable {
        /// `$opaque:server`, chosen by the event's server and part of the event; references are pairs with a hash.
        case chosen
        /// `$` and the reference hash in base64 of the standard alphabet.
        case standardHash
        /// `$` and the reference hash in URL-safe base64.
        case urlSafeHash
    }

    package let id: Text
    package private(set) var eventIDs = EventIDs.chosen
    /// How an event's numbers are written when it is hashed and signed; `strict` also refuses events that hold others.
    package private(set) var numbers = CanonicalJSON.Numbers.lenient
    /// Whether a key must have been valid at an event's `origin_server_ts`.
    package private(set) var enforcesKeyValidity = false
    /// Whether a user may ask to be let in.
    package private(set) var allowsKnocking = false
    /// Whether a join may be authorised by a user of the resident server, who then has to sign it, too.
    package private(set) var allowsRestrictedJoins = false
    /// Whether a room id is `!` and the create event's hash, and the create event itself has none.
    package private(set) var namesRoomsByHash = false
    package private(set) var redaction = RedactionRules.v1
    /// What an event has to hold to, to be let into a room.
    package private(set) var rules = AuthRules.v1

    private init(_ id: Text) { self.id = id }

    private func changed(to id: Text, _ change: (inout RoomVersion) -> Void = { _ in }) -> RoomVersion {
        var version = RoomVersion(id)
        version.eventIDs = eventIDs
        version.numbers = numbers
        version.enforcesKeyValidity = enforcesKeyValidity
        version.allowsKnocking = allowsKnocking
        version.allowsRestrictedJoins = allowsRestrictedJoins
        version.namesRoomsByHash = namesRoomsByHash
        version.redaction = redaction
        version.rules = rules
        change(&version)
        return version
    }

    package static let v1 = RoomVersion("1")
    /// Another state resolution, which a server that only joins takes no part in.
    package static let v2 = v1.changed(to: "2")
    package static let v3 = v2.changed(to: "3") {
        $0.eventIDs = .standardHash
        $0.rules = .v3
    }
    package static let v4 = v3.changed(to: "4") { $0.eventIDs = .urlSafeHash }
    package static let v5 = v4.changed(to: "5") { $0.enforcesKeyValidity = true }
    package static let v6 = v5.changed(to: "6") {
        $0.numbers = .strict
        $0.redaction.content["m.room.aliases"] = nil
        $0.rules = .v6
    }
    package static let v7 = v6.changed(to: "7") {
        $0.allowsKnocking = true
        $0.rules = .v7
    }
    package static let v8 = v7.changed(to: "8") {
        $0.allowsRestrictedJoins = true
        $0.redaction.keep("allow", of: "m.room.join_rules")
        $0.rules = .v8
    }
    package static let v9 = v8.changed(to: "9") {
        $0.redaction.keep("join_authorised_via_users_server", of: "m.room.member")
    }
    /// `knock_restricted`, and power levels are integers.
    package static let v10 = v9.changed(to: "10") { $0.rules = .v10 }
    package static let v11 = v10.changed(to: "11") {
        $0.redaction.topLevel.subtract(["origin", "membership", "prev_state"])
        $0.redaction.content["m.room.create"] = .all
        $0.redaction.keep("invite", of: "m.room.power_levels")
        $0.redaction.keep("redacts", of: "m.room.redaction")
        $0.redaction.keepsThirdPartySigned = true
        $0.rules = .v11
    }
    package static let v12 = v11.changed(to: "12") {
        $0.namesRoomsByHash = true
        $0.rules = .v12
    }

    /// Every version, in their order.
    package static let all = [v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12]

    /// The version of that name, or nil where we know none.
    package static func named(_ id: Text) -> RoomVersion? { all.first { $0.id == id } }
}

extension RoomVersion {
    /// Whether events name others by pairs of id and hash, and say their own id.
    package var choosesEventIDs: Bool { eventIDs == .chosen }

    /// Whether `id` has the form of an event id of this version.
    package func admits(_ id: EventID) -> Bool {
        switch eventIDs {
        case .chosen: return id.server != nil
        case .standardHash: return id.server == nil && Self.isHash(id.text, extra: "+/")
        case .urlSafeHash: return id.server == nil && Self.isHash(id.text, extra: "-_")
        }
    }

    /// The event id that `text` is where it has the form of a hash of this version; nil in versions 1 and 2.
    func hashID(_ text: Text) -> EventID? {
        guard text.hasPrefix("$") else { return nil }
        return switch eventIDs {
        case .chosen: nil
        case .standardHash: Self.isHash(text, extra: "+/") ? EventID(unchecked: text) : nil
        case .urlSafeHash: Self.isHash(text, extra: "-_") ? EventID(unchecked: text) : nil
        }
    }

    /// Whether `id` has the form of a room id of this version: with a server's name up to 11, a hash from 12 on.
    package func admits(_ id: RoomID) -> Bool {
        namesRoomsByHash ? id.server == nil && Self.isHash(id.text, extra: "-_") : id.server != nil
    }

    /// A sigil, and 32 bytes in base64 without padding.
    private static func isHash(_ text: Text, extra: String) -> Bool {
        text.count == 44
            && text.withBytes { bytes in
                bytes.dropFirst().allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                    default: extra.utf8.contains(byte)
                    }
                }
            }
    }
}

extension RoomVersion: CustomStringConvertible {
    package var description: String { id.string }
}
