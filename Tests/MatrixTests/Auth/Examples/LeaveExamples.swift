@testable import Matrix

extension AuthExample {
    static let leaveAndBan: [AuthExample] = [
        .allowed(.leave / "1", "a member's leave") { $0.member(user, "leave") },
        .allowed(.leave / "1", "a leave that declines an invite") {
            $0.memberships[stranger] = "invite"
            $0.member(stranger, "leave")
        },
        .allowed((.leave / "1").from(7), "a leave that takes back a knock") {
            $0.memberships[stranger] = "knock"
            $0.member(stranger, "leave")
        },
        .refused((.leave / "1").below(7), "a leave after a knock, where there is none") {
            $0.memberships[stranger] = "knock"
            $0.member(stranger, "leave")
        },
        .refused(.leave / "1", "the leave of who is not there") { $0.member(stranger, "leave") },
        .refused(.leave / "1", "the leave of who has left") {
            $0.memberships[stranger] = "leave"
            $0.member(stranger, "leave")
        },
        .refused(.leave / "1", "the leave of who is banned") {
            $0.memberships[stranger] = "ban"
            $0.setLevel(of: stranger, 100)
            $0.member(stranger, "leave")
        },
        .refused(.leave / "2", "a kick by who is not in the room") {
            $0.setLevel(of: stranger, 100)
            $0.member(stranger, "leave", of: user)
        },
        .refused(.leave / "3", "the end of a ban, by who may kick and not ban") {
            $0.setLevel("ban", to: 51)
            $0.memberships[stranger] = "ban"
            $0.member(mod, "leave", of: stranger)
        },
        .allowed(.leave / "4", "the end of a ban") {
            $0.memberships[stranger] = "ban"
            $0.member(mod, "leave", of: stranger)
        },
        .allowed(.leave / "4", "a kick") { $0.member(mod, "leave", of: user) },
        .allowed(.leave / "4", "the end of an invite of another's") {
            $0.setLevel("ban", to: 51)
            $0.memberships[stranger] = "invite"
            $0.member(mod, "leave", of: stranger)
        },
        .allowed(.leave / "4", "a kick by the creator, where there are no power levels") {
            $0.levels = nil
            $0.member(creator, "leave", of: user)
        },
        .refused(.leave / "5", "a kick below the level") {
            $0.setLevel("kick", to: 51)
            $0.member(mod, "leave", of: user)
        },
        .refused(.leave / "5", "a kick of an equal") {
            $0.setLevel(of: user, 50)
            $0.member(mod, "leave", of: user)
        },
        .refused(.leave / "5", "the end of a ban, by who may ban and not kick") {
            $0.setLevel("kick", to: 51)
            $0.memberships[stranger] = "ban"
            $0.member(mod, "leave", of: stranger)
        },
        .refused(.leave / "5", "a kick of the creator by an equal, or by anyone where nobody is") {
            $0.setLevel(of: mod, 100)
            $0.member(mod, "leave", of: creator)
        },
        .refused("12:5.5.5", "a kick of one creator by another") {
            $0.createContent["additional_creators"] = [.string(mod)]
            $0.member(mod, "leave", of: creator)
        },
        .refused(.ban / "1", "a ban by who is not in the room") {
            $0.setLevel(of: stranger, 100)
            $0.member(stranger, "ban", of: user)
        },
        .allowed(.ban / "2", "a ban") { $0.member(mod, "ban", of: stranger) },
        .refused(.ban / "3", "a ban below the level") {
            $0.setLevel("ban", to: 51)
            $0.member(mod, "ban", of: user)
        },
        .refused(.ban / "3", "a ban of an equal") {
            $0.setLevel(of: user, 50)
            $0.member(mod, "ban", of: user)
        },
        .allowed("12:5.6.2", "a ban by an additional creator") {
            $0.createContent["additional_creators"] = [.string(user)]
            $0.setLevel("ban", to: 1000)
            $0.member(user, "ban", of: mod)
        },
    ]
}
