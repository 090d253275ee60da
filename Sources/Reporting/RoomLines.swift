internal import Handshake
internal import Matrix

/// A room at a glance.
enum RoomLines {
    /// One line for people, and one for each thing that needs one of its own.
    static func lines(_ room: RoomSummary) -> [String] {
        let creators = room.creators.map(\.string).joined(separator: ", ")
        var lines = [
            said(
                "the room: version \(room.version.id), made by \(creators), join rule \(room.joinRule)\(shared(room))"),
            said(
                "  \(count(room.joined, "member"))\(room.isPartial ? " in the answer" : "") of "
                    + "\(count(room.servers, "server"))\(aside(room))"),
        ]
        if !room.powers.isEmpty {
            lines.append(said("  power: " + room.powers.map { "\($0.user) \($0.level)" }.joined(separator: ", ")))
        }
        if let replacement = room.replacement {
            lines.append(TextReport.line(.warned, "the room was replaced by \(replacement)"))
        }
        if room.aclAdmitsUs == false {
            lines.append(
                TextReport.line(.warned, "the room's server ACL shuts us out: others will not take our events"))
        }
        return lines
    }

    private static func said(_ text: String) -> String { TextReport.line(.said, text) }

    private static func shared(_ room: RoomSummary) -> String {
        let history = room.historyVisibility.map { ", history \($0)" } ?? ""
        return history + (room.encryption.map { ", encrypted (\($0))" } ?? ", not encrypted")
    }

    private static func aside(_ room: RoomSummary) -> String {
        (room.invited > 0 ? ", \(room.invited) invited" : "") + (room.banned > 0 ? ", \(room.banned) banned" : "")
            + (room.aclAdmitsUs == true ? ", a server ACL that admits us" : "")
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    static func object(_ room: RoomSummary) -> JSON.Object {
        func text(_ text: Text?) -> JSON { text.map { .string($0) } ?? .null }
        return [
            "room_id": .string(room.id.text), "room_version": .string(room.version.id),
            "creators": .array(room.creators.map { .string($0) }), "join_rule": .string(room.joinRule),
            "joined": .integer(room.joined), "invited": .integer(room.invited), "banned": .integer(room.banned),
            "servers": .integer(room.servers), "partial": .bool(room.isPartial),
            "powers": .array(room.powers.map { ["user": .string($0.user), "level": .integer($0.level)] }),
            "history_visibility": text(room.historyVisibility), "encryption": text(room.encryption),
            "replacement_room": text(room.replacement), "acl_admits_us": room.aclAdmitsUs.map { .bool($0) } ?? .null,
        ]
    }
}
