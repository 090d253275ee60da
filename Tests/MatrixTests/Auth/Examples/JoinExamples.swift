@testable import Matrix

extension AuthExample {
    static let join: [AuthExample] = [
        .refused(.member / "1", "a member event without a state key") {
            $0.member(user, "join")
            $0.stateKey = nil
        },
        .refused(.member / "1", "a member event without a membership") {
            $0.member(user, "join")
            $0.content["membership"] = nil
        },
        .refused(.unknownMembership, "a membership that there is not") { $0.member(user, "lurk") },
        .refused(.unknownMembership, "a membership that is no string") { $0.member(user, 1) },
        .refused(RuleNumbers.unknownMembership.below(7), "a knock, where there is none") {
            $0.member(stranger, "knock")
        },
        .allowed(.join / "1", "the creator's first join") {
            $0.memberships = [:]
            $0.member(creator, "join")
            $0.prevEvents = [$0.id("create")]
        },
        .allowed(.join / "1", "the creator's first join, sent by another") {
            $0.memberships = [:]
            $0.member(user, "join", of: creator)
            $0.prevEvents = [$0.id("create")]
        },
        .refused(.noJoin, "the creator's first join, after another event") {
            $0.memberships = [:]
            $0.member(creator, "join")
        },
        .refused(.noJoin, "the creator's first join, after two events") {
            $0.memberships = [:]
            $0.member(creator, "join")
            $0.prevEvents = [$0.id("create"), $0.id("last")]
        },
        .refused(.noJoin, "another's join right after the create event") {
            $0.memberships = [:]
            $0.member(user, "join")
            $0.prevEvents = [$0.id("create")]
        },
        .refused("1:5.2.6 6:4.2.6 8:4.3.7 11:-", "the sender's join, where the creator is another") {
            $0.createContent["creator"] = .string(user)
            $0.memberships = [:]
            $0.member(creator, "join")
            $0.prevEvents = [$0.id("create")]
        },
        .refused("12:5.3.7", "an additional creator's join right after the create event") {
            $0.createContent["additional_creators"] = [.string(user)]
            $0.memberships = [:]
            $0.member(user, "join")
            $0.prevEvents = [$0.id("create")]
        },
        .refused(.join / "2", "a join in another's place") { $0.member(mod, "join", of: stranger) },
        .refused(.join / "3", "a banned user's join") {
            $0.joinRule = ["join_rule": "public"]
            $0.memberships[stranger] = "ban"
            $0.member(stranger, "join")
        },
        .allowed(.join / "4", "an invited user's join") {
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .allowed(.join / "4", "a member's join, which changes a name") { $0.member(user, "join") },
        .allowed(.join / "4", "an invited user's join where there is no join rule") {
            $0.joinRule = nil
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .allowed(.join / "4", "an invited user's join where the join rules event names none") {
            $0.joinRule = [:]
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .allowed((.join / "4").from(7), "an invited user's join where others may knock") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .refused(RuleNumbers.noJoin.below(7), "an invited user's join by a join rule of later versions") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .refused(.noJoin, "a stranger's join where an invite is needed") { $0.member(stranger, "join") },
        .refused(.noJoin, "the join of who has left where an invite is needed") {
            $0.memberships[stranger] = "leave"
            $0.member(stranger, "join")
        },
        .refused(RuleNumbers.noJoin.from(7), "the join of who has knocked") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "knock"
            $0.member(stranger, "join")
        },
        .refused(.noJoin, "an invited user's join where the join rule is no string") {
            $0.joinRule = ["join_rule": 1]
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .refused(.noJoin, "an invited user's join where the join rule is private") {
            $0.joinRule = ["join_rule": "private"]
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "join")
        },
        .allowed(.publicJoin, "anyone's join of an open room") {
            $0.joinRule = ["join_rule": "public"]
            $0.member(stranger, "join")
        },
    ]

    static let restricted: [AuthExample] = [
        .refused("8:4.2.1 12:5.2.1", "a join that who let it in has not signed") {
            $0.restrictedJoin(by: mod)
            $0.isSignedByAuthoriser = false
        },
        .refused("8:4.2.1 12:5.2.1", "a leave that names who let it in, and bears no such signature") {
            $0.member(user, "leave", ["join_authorised_via_users_server": .string(mod)])
            $0.isSignedByAuthoriser = false
        },
        .allowed((.leave / "1").from(8), "a leave that names who let it in, and bears its signature") {
            $0.member(user, "leave", ["join_authorised_via_users_server": .string(mod)])
        },
        .allowed((.leave / "1").below(8), "a leave that names who let it in, where that means nothing") {
            $0.member(user, "leave", ["join_authorised_via_users_server": .string(mod)])
            $0.isSignedByAuthoriser = false
        },
        .allowed(.leave / "1", "a leave that names nobody, and so needs no other signature") {
            $0.member(user, "leave")
            $0.isSignedByAuthoriser = false
        },
        .refused(RuleNumbers.noJoin.below(8), "a restricted room's join, where there is none") {
            $0.restrictedJoin(by: mod)
        },
        .allowed((.join / "5.1").from(8), "a restricted room's member, who joins once more") {
            $0.restrictedJoin(by: nil)
            $0.memberships[stranger] = "join"
        },
        .allowed((.join / "5.1").from(8), "the join of who is invited to a restricted room") {
            $0.restrictedJoin(by: nil)
            $0.memberships[stranger] = "invite"
        },
        .refused((.join / "5.2").from(8), "a restricted room's join that names nobody") { $0.restrictedJoin(by: nil) },
        .refused((.join / "5.2").from(8), "a restricted room's join that names who is not in it") {
            $0.restrictedJoin(by: "@other:a")
        },
        .refused((.join / "5.2").from(8), "a restricted room's join that names who may not invite") {
            $0.restrictedJoin(by: user)
            $0.setLevel("invite", to: 50)
        },
        .allowed((.join / "5.3").from(8), "a restricted room's join that names a member who may invite") {
            $0.restrictedJoin(by: mod)
            $0.setLevel("invite", to: 50)
        },
        .allowed((.join / "5.3").from(8), "the join of who left a restricted room and is let in again") {
            $0.restrictedJoin(by: mod)
            $0.memberships[stranger] = "leave"
        },
        .allowed((.join / "5.3").from(10), "a join of a room that is restricted, or knocked at") {
            $0.restrictedJoin(by: mod, rule: "knock_restricted")
        },
        .refused(RuleNumbers.noJoin.from(8).below(10), "an invited user's join by a join rule of version 10") {
            $0.restrictedJoin(by: mod, rule: "knock_restricted")
            $0.memberships[stranger] = "invite"
        },
    ]

    static let knock: [AuthExample] = [
        .refused(.knock / "1", "a knock where nobody may") { $0.member(stranger, "knock") },
        .refused((.knock / "1").below(10), "a knock by a join rule of version 10") {
            $0.joinRule = ["join_rule": "knock_restricted"]
            $0.member(stranger, "knock")
        },
        .refused(.knock / "2", "a knock in another's place") {
            $0.joinRule = ["join_rule": "knock"]
            $0.member(user, "knock", of: stranger)
        },
        .allowed(.knock / "3", "a stranger's knock") {
            $0.joinRule = ["join_rule": "knock"]
            $0.member(stranger, "knock")
        },
        .allowed((.knock / "3").from(10), "a stranger's knock at a restricted room") {
            $0.joinRule = ["join_rule": "knock_restricted"]
            $0.member(stranger, "knock")
        },
        .allowed(.knock / "3", "the knock of who has left") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "leave"
            $0.member(stranger, "knock")
        },
        .allowed(.knock / "3", "a second knock") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "knock"
            $0.member(stranger, "knock")
        },
        .refused(.knock / "4", "a member's knock") {
            $0.joinRule = ["join_rule": "knock"]
            $0.member(user, "knock")
        },
        .refused(.knock / "4", "an invited user's knock") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "knock")
        },
        .refused(.knock / "4", "a banned user's knock") {
            $0.joinRule = ["join_rule": "knock"]
            $0.memberships[stranger] = "ban"
            $0.member(stranger, "knock")
        },
    ]
}

extension AuthScene {
    fileprivate mutating func restrictedJoin(by authoriser: Text?, rule: JSON = "restricted") {
        joinRule = ["join_rule": rule]
        let more: JSON.Object = authoriser.map { ["join_authorised_via_users_server": .string($0)] } ?? [:]
        member(Self.stranger, "join", more)
    }
}
