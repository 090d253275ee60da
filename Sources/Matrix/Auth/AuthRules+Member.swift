// The rules of m.room.member, and in them those of each membership.
extension AuthRules {
    // 5.
    static let member = AuthRule.group(
        "it is a membership",
        if: { $0.event.kind == .member },
        [
            .reject(
                "it has no state key, or no membership in its content",
                if: { $0.event.stateKey == nil || $0.event.membership == nil }
            ),
            join, invite, leave, ban,
            .reject(
                as: .unknownMembership,
                "the membership is none that the room's version knows",
                saying: { $0.event.content["membership"]?.text.map { Quoting.quoted($0) } ?? "not a string" }
            ),
        ]
    )

    // 5.2.
    private static let join = AuthRule.group(
        as: .join,
        "it joins",
        if: { $0.event.membership == .join },
        [
            .allow("it is the creator's, and follows the create event alone", if: { $0.isCreatorsFirst }),
            .reject(
                "nobody joins in another's place",
                if: { $0.sender != $0.target },
                saying: { "\($0.event.sender) in that of \($0.target)" }
            ),
            .reject("the sender is banned", if: { $0.membership($0.sender) == .ban }),
            joinOfTheInvited("invite"),
            .allow(as: .publicJoin, "the room is open to everyone", if: { $0.isJoinRule(["public"]) }),
            .reject(
                "the room's join rule does not let the sender in",
                saying: { matter in
                    let rule = matter.joinRule.map { Quoting.quoted($0) } ?? "not a string"
                    return "the rule is \(rule), and \(matter.standing(matter.sender))"
                }
            ),
        ]
    )

    static func joinOfTheInvited(_ rules: Text...) -> AuthRule {
        .allow(
            as: .joinOfTheInvited,
            "the room is open to those it has invited, and to its members",
            if: { $0.isJoinRule(rules) && $0.isTarget(.invite, .join) }
        )
    }

    // 5.3.
    private static let invite = AuthRule.group(
        "it invites",
        if: { $0.event.membership == .invite },
        [
            invitedByThirdParty,
            .reject(
                "who is not in the room invites nobody",
                if: { !$0.isSenderJoined },
                saying: { $0.standing($0.sender) }
            ),
            .reject(
                "the invited user is in the room, or banned",
                if: { $0.isTarget(.join, .ban) },
                saying: { $0.standing($0.target) }
            ),
            .allow("the sender may invite", if: { $0.suffices($0.senderLevel, for: $0.inviteLevel) }),
            .reject("the sender may not invite", saying: { $0.lacks($0.inviteLevel, for: "inviting") }),
        ]
    )

    // 5.3.1.
    private static let invitedByThirdParty = AuthRule.group(
        "it stands in for a third party's invite",
        if: { $0.event.content["third_party_invite"] != nil },
        [
            .reject("the invited user is banned", if: { $0.isTarget(.ban) }),
            .reject(
                "nothing in the third party's invite is signed",
                if: { $0.event.content["third_party_invite"]?["signed"] == nil }
            ),
            .reject(
                "the signed invite lacks the user or the token",
                if: { $0.signedInvite?["mxid"] == nil || $0.signedInvite?["token"] == nil }
            ),
            .reject(
                "the signed invite is for another user",
                if: { $0.signedInvite?["mxid"]?.text != $0.target },
                saying: { $0.signedInvite?["mxid"]?.text.map { Quoting.quoted($0) } ?? "not a string" }
            ),
            .reject("the room has no third party's invite with that token", if: { $0.thirdPartyInvite == nil }),
            .reject(
                "another user made the third party's invite",
                if: { $0.thirdPartyInvite?.sender.text != $0.sender },
                saying: { $0.thirdPartyInvite.map { "\($0.sender)" } ?? "" }
            ),
            .allow("a key of the third party's invite signed it", if: { $0.isInviteSigned }),
            .reject("no key of the third party's invite signed it"),
        ]
    )

    // 5.4.
    private static let leave = AuthRule.group(
        "it leaves, kicks or unbans",
        if: { $0.event.membership == .leave },
        [
            ownLeave(.invite, .join),
            .reject(
                "who is not in the room sends nobody out",
                if: { !$0.isSenderJoined },
                saying: { $0.standing($0.sender) }
            ),
            .reject(
                "the sender may not lift a ban",
                if: { $0.isTarget(.ban) && !$0.suffices($0.senderLevel, for: $0.banLevel) },
                saying: { $0.lacks($0.banLevel, for: "a ban") }
            ),
            .allow(
                "the sender may kick, and is above the other",
                if: { $0.suffices($0.senderLevel, for: $0.kickLevel) && $0.isTargetBelowSender }
            ),
            .reject(
                "the sender may not kick that user",
                saying: { $0.lacks($0.kickLevel, for: "kicking") + $0.targetsLevel }
            ),
        ]
    )

    static func ownLeave(_ memberships: AuthEvent.Membership...) -> AuthRule {
        .allow(
            as: .ownLeave,
            "who leaves has to be in the room, or asked to be",
            if: { $0.sender == $0.target },
            only: { matter in matter.membership(matter.target).map { memberships.contains($0) } ?? false },
            saying: { $0.standing($0.sender) }
        )
    }

    // 5.5.
    private static let ban = AuthRule.group(
        "it bans",
        if: { $0.event.membership == .ban },
        [
            .reject(
                "who is not in the room bans nobody",
                if: { !$0.isSenderJoined },
                saying: { $0.standing($0.sender) }
            ),
            .allow(
                "the sender may ban, and is above the other",
                if: { $0.suffices($0.senderLevel, for: $0.banLevel) && $0.isTargetBelowSender }
            ),
            .reject(
                "the sender may not ban that user",
                saying: { $0.lacks($0.banLevel, for: "banning") + $0.targetsLevel }
            ),
        ]
    )
}

extension AuthCase {
    /// Whether the create event is the only one before, and the room's creator the one who joins.
    fileprivate var isCreatorsFirst: Bool {
        guard let previous = event.previous, let create = context.state.create, previous == create.key else {
            return false
        }
        return terms.creators.isFirst(target, create)
    }

    fileprivate var targetsLevel: String { "; \(target) has \(Self.words(targetLevel))" }
}
