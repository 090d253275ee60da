/// What the one who asked for a template knows of it beforehand.
package struct TemplateRequest: Sendable, Hashable {
    package enum Membership: String, Sendable { case join, leave, knock }

    package let membership: Membership
    package let roomID: RoomID
    package let user: UserID
    package let resident: ServerName
    /// The room versions that were offered (`ver=`); for make_leave, which offers none, all that we know.
    package let offered: [RoomVersion]

    package init(
        membership: Membership,
        roomID: RoomID,
        user: UserID,
        resident: ServerName,
        offered: [RoomVersion]
    ) {
        self.membership = membership
        self.roomID = roomID
        self.user = user
        self.resident = resident
        self.offered = offered
    }
}

/// A make_join, make_leave or make_knock answer, checked field by field: all that is taken over from a resident.
///
/// The specification (v1.18, "Joining Rooms"): the joining server MUST verify `room_id`, `sender`, `state_key`, `type`
/// and `content.membership` and otherwise discard the template. Of everything else only the event references, the depth
/// and a restricted join's authoriser are kept, each of checked form.
package struct MembershipTemplate: Sendable, Hashable {
    package let request: TemplateRequest
    /// Version 1 where the resident named none, which then stands for 1 or 2: their events have the same form.
    package let version: RoomVersion
    package let statesVersion: Bool
    package let authEvents: [JSON]
    package let prevEvents: [JSON]
    package let depth: Int
    /// The resident's user by whose power a restricted room lets us in.
    package let authoriser: UserID?

    /// Why a template is refused.
    package enum Refusal: Error, Sendable, Hashable {
        /// The answer is not of the shape of a template at all.
        case malformed(String)
        /// A field is not what it must be.
        case field(Text, String)
    }

    /// The room versions of which the room can be.
    package var possibleVersions: [RoomVersion] {
        statesVersion ? [version] : [.v1, .v2].filter(request.offered.contains)
    }
}

extension MembershipTemplate.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let problem): problem
        case .field(let field, let problem): "\(field) \(problem)"
        }
    }
}
