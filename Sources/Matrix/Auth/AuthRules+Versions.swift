// What each room version changed in the rules of the one before.
extension AuthRules {
    /// Redactions are as any other event; whether one is heeded is not theirs to say.
    static let v3 = v1.changed(to: "3") { $0.remove(.redaction) }

    static let v6 = v3.changed(to: "6") {
        $0.remove(.aliases)
        $0.replace(.entriesThen, with: entriesThen("events", "notifications"))
        $0.replace(.entriesNow, with: entriesNow("events", "notifications"))
        $0.terms.levels = .strings
    }

    /// Knocking.
    static let v7 = v6.changed(to: "7") {
        $0.replace(.joinOfTheInvited, with: joinOfTheInvited("invite", "knock"))
        $0.replace(.ownLeave, with: ownLeave(.invite, .join, .knock))
        $0.insert(knock("knock"), before: .unknownMembership)
    }

    /// Restricted joins.
    static let v8 = v7.changed(to: "8") {
        $0.insert(authoriser, before: .join)
        $0.insert(restrictedJoin("restricted"), before: .publicJoin)
        $0.terms.selection.namesAuthoriser = true
    }

    /// `knock_restricted`, and integers alone.
    static let v10 = v8.changed(to: "10") {
        $0.replace(.restrictedJoin, with: restrictedJoin("restricted", "knock_restricted"))
        $0.replace(.knock, with: knock("knock", "knock_restricted"))
        $0.insert(singleLevels, before: .users)
        $0.insert(maps, before: .users)
        $0.terms.levels = .integers
    }

    /// The sender is the creator.
    static let v11 = v10.changed(to: "11") {
        $0.remove(.creator)
        $0.terms.creators = .sender
    }

    /// Rooms named by their create event, and creators above everyone.
    static let v12 = v11.changed(to: "12") {
        $0.replace(.createRoom, with: .reject("a create event has no room id", if: { $0.event.roomID != nil }))
        $0.insert(additionalCreators, before: .createEnd)
        $0.insert(madeRoom, before: .authEvents)
        $0.remove(.createNamed)
        $0.insert(creatorsLevels, before: .firstLevels)
        $0.terms.creators = .all
        $0.terms.selection.namesCreate = false
    }

    private static func knock(_ rules: Text...) -> AuthRule {
        .group(
            as: .knock,
            "it knocks",
            if: { $0.event.membership == .knock },
            [
                .reject(
                    "the room's join rule lets nobody knock",
                    if: { !$0.isJoinRule(rules) },
                    saying: { $0.joinRule.map { Quoting.quoted($0) } ?? "not a string" }
                ),
                .reject(
                    "nobody knocks in another's place",
                    if: { $0.sender != $0.target },
                    saying: { "\($0.event.sender) in that of \($0.target)" }
                ),
                .allow("the sender is outside", if: { !$0.isTarget(.ban, .invite, .join) }),
                .reject(
                    "who is in the room, invited or banned does not knock",
                    saying: { $0.standing($0.sender) }
                ),
            ]
        )
    }

    private static let authoriser = AuthRule.group(
        "it names who let it in",
        if: { $0.event.namesAuthoriser },
        [
            .reject(
                "that user's server has not signed it",
                if: { !$0.context.isSignedByAuthoriser },
                saying: { $0.event.authoriser.map { Quoting.quoted($0) } ?? "not a string" }
            )
        ]
    )

    private static func restrictedJoin(_ rules: Text...) -> AuthRule {
        .group(
            as: .restrictedJoin,
            "the room is open to members of others",
            if: { $0.isJoinRule(rules) },
            [
                .allow("the sender is in the room or invited", if: { $0.isTarget(.join, .invite) }),
                .reject(
                    "it names no member who may invite",
                    if: { !$0.isLetIn },
                    saying: { $0.authorisersFault }
                ),
                .allow("a member who may invite let the sender in"),
            ]
        )
    }

    private static let singleLevels = AuthRule.reject(
        "a level is not an integer",
        if: { $0.malformedLevel != nil },
        saying: { $0.malformedLevel?.string ?? "" }
    )

    private static let maps = AuthRule.reject(
        "it has what should be an object of integers and is none",
        if: { $0.malformedMap(of: ["events", "notifications"]) != nil },
        saying: { $0.malformedMap(of: ["events", "notifications"])?.string ?? "" }
    )

    private static let additionalCreators = AuthRule.reject(
        "additional_creators is not a list of user ids",
        if: { matter in
            guard let value = matter.event.content["additional_creators"] else { return false }
            return !(value.array?.allSatisfy { $0.text.flatMap { UserID($0) } != nil } ?? false)
        }
    )

    private static let madeRoom = AuthRule.reject(
        "no accepted create event makes the room that it is in",
        if: { !$0.isRoomMade },
        saying: { $0.event.roomID?.text.string ?? "it has no room id" }
    )

    private static let creatorsLevels = AuthRule.reject(
        "users gives a level to a creator, who is above all",
        if: { $0.creatorAmongUsers != nil },
        saying: { $0.creatorAmongUsers?.string ?? "" }
    )
}

extension AuthCase {
    fileprivate var isLetIn: Bool {
        guard let authoriser = event.authoriser, membership(authoriser) == .join else { return false }
        return suffices(level(authoriser), for: inviteLevel)
    }

    fileprivate var authorisersFault: String {
        guard let authoriser = event.authoriser else { return "it names nobody" }
        guard membership(authoriser) == .join else { return standing(authoriser) }
        return "\(authoriser) has \(Self.words(level(authoriser))), inviting requires \(Self.words(inviteLevel))"
    }
}
