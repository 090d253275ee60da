@testable import Matrix

extension AuthExample {
    static let invite: [AuthExample] = [
        .refused(.invite / "2", "an invite of who is not in the room") { $0.member(stranger, "invite", of: "@new:b") },
        .refused(.invite / "3", "an invite of a member") { $0.member(user, "invite", of: mod) },
        .refused(.invite / "3", "an invite of who is banned") {
            $0.memberships[stranger] = "ban"
            $0.member(user, "invite", of: stranger)
        },
        .allowed(.invite / "4", "an invite where anyone may") { $0.member(user, "invite", of: stranger) },
        .allowed(.invite / "4", "an invite of who has left") {
            $0.memberships[stranger] = "leave"
            $0.member(user, "invite", of: stranger)
        },
        .allowed(.invite / "4", "an invite with just the level") {
            $0.setLevel("invite", to: 50)
            $0.member(mod, "invite", of: stranger)
        },
        .refused(.invite / "5", "an invite below the level") {
            $0.setLevel("invite", to: 51)
            $0.member(mod, "invite", of: stranger)
        },
    ]

    static let thirdParty: [AuthExample] = [
        .refused(.invite / "1.1", "a third party's invite of who is banned") {
            $0.invite(stranger)
            $0.memberships[stranger] = "ban"
        },
        .refused(.invite / "1.2", "a third party's invite with nothing signed") {
            $0.invite(stranger) { $0 = $0.with(["signed"], nil) }
        },
        .refused(.invite / "1.2", "a third party's invite that is no object") {
            $0.invite(stranger) { $0 = "signed" }
        },
        .refused(.invite / "1.3", "a third party's invite that names no user") {
            $0.invite(stranger) { $0 = $0.with(["signed", "mxid"], nil) }
        },
        .refused(.invite / "1.3", "a third party's invite without a token") {
            $0.invite(stranger) { $0 = $0.with(["signed", "token"], nil) }
        },
        .refused(.invite / "1.4", "a third party's invite for another user") {
            $0.invite(stranger) { $0 = $0.with(["signed", "mxid"], "@other:b") }
        },
        .refused(.invite / "1.5", "a third party's invite with a token that the room does not have") {
            $0.invite(stranger) { $0 = $0.with(["signed", "token"], "other") }
        },
        .refused(.invite / "1.6", "a third party's invite that another user made") {
            $0.invite(stranger)
            $0.sender = mod
        },
        .allowed(.invite / "1.7", "a third party's invite, signed, of who may not invite otherwise") {
            $0.invite(stranger)
            $0.setLevel("invite", to: 100)
            $0.memberships[user] = "leave"
        },
        .allowed(.invite / "1.7", "a third party's invite, signed by the second of its keys") {
            $0.invite(stranger)
            let urlSafe = Base64.encode(Sample.key.publicKey.bytes, urlSafe: true)
            $0.thirdPartyInvite = $0.event(
                "third",
                "m.room.third_party_invite",
                "token",
                ["public_key": "no key", "public_keys": [1, ["public_key": .string(urlSafe)]]],
                by: user
            )
        },
        .refused(.invite / "1.8", "a third party's invite signed by another key") {
            $0.invite(stranger)
            $0.thirdPartyInvite = $0.event(
                "third",
                "m.room.third_party_invite",
                "token",
                ["public_key": .string(Sample.otherKey.publicKey.base64)],
                by: user
            )
        },
        .refused(.invite / "1.8", "a third party's invite that was changed after it was signed") {
            $0.invite(stranger) { $0 = $0.with(["signed", "more"], "words") }
        },
        .refused(.invite / "1.8", "a third party's invite without signatures") {
            $0.invite(stranger) { $0 = $0.with(["signed", "signatures"], nil) }
        },
        .refused(.invite / "1.8", "a third party's invite whose signature is of another kind") {
            $0.invite(stranger) {
                let signature = $0["signed"]?["signatures"]?["id.example"]?["ed25519:0"] ?? 1
                $0 = $0.with(["signed", "signatures"], ["id.example": ["curve25519:0": signature]])
            }
        },
        .allowed(.thirdParty, "an invite to a third party, by who may invite") {
            $0.setLevel("invite", to: 50)
            $0.setLevel("state_default", to: 100)
            $0.state("m.room.third_party_invite", "token", by: mod)
        },
        .refused(.thirdParty, "an invite to a third party, by who may not invite") {
            $0.setLevel("invite", to: 51)
            $0.state("m.room.third_party_invite", "token", by: mod)
        },
    ]
}
