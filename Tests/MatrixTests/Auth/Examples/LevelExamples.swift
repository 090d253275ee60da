@testable import Matrix

extension AuthExample {
    static let others: [AuthExample] = [
        .refused(.notJoined, "a message of who was never there") { $0.sender = stranger },
        .refused(.notJoined, "a message of who is invited") {
            $0.memberships[stranger] = "invite"
            $0.sender = stranger
        },
        .refused(.notJoined, "an invite to a third party, by who is not there") {
            $0.state("m.room.third_party_invite", "token", by: stranger)
        },
        .refused(.typeLevel, "a state event below the usual level") { $0.state("m.room.topic", by: user) },
        .refused(.typeLevel, "a state event where there are no power levels") {
            $0.levels = nil
            $0.state("m.room.topic", by: mod)
        },
        .allowed(.last, "a state event of the creator, where there are no power levels") {
            $0.levels = nil
            $0.state("m.room.topic", by: creator)
        },
        .refused(.typeLevel, "a message below the level of messages") { $0.setLevel("events_default", to: 1) },
        .refused(.typeLevel, "a message below the level of its type") {
            $0.setLevel("events", to: ["m.room.message": 1])
        },
        .allowed(.last, "a state event whose type has a level of its own") {
            $0.setLevel("events", to: ["m.room.topic": 0])
            $0.state("m.room.topic", by: user)
        },
        .allowed(.last, "a state event where state has a low level") {
            $0.setLevel("state_default", to: 0)
            $0.state("m.room.topic", by: user)
        },
        .allowed(.last, "a state event of who has a level by default") {
            $0.setLevel("users_default", to: 50)
            $0.state("m.room.topic", by: user)
        },
        .refused(.othersKey, "a state event in another's name") { $0.state("org.example.mine", user, by: mod) },
        .allowed(.last, "a state event in the sender's name") { $0.state("org.example.mine", mod, by: mod) },
        .allowed(.last, "a state event whose key is no user's") { $0.state("org.example.mine", "key", by: mod) },
        .allowed("1:11.1 3:-", "a redaction by who may redact") { $0.redaction(by: mod, of: "$other:b") },
        .allowed("1:11.2 3:-", "a redaction of an event of the same server") { $0.redaction(by: user, of: "$other:a") },
        .refused("1:11.3 3:-", "a redaction of another server's event") { $0.redaction(by: user, of: "$other:b") },
        .refused("1:11.3 3:-", "a redaction of nothing") { $0.redaction(by: user, of: nil) },
        .refused("1:11.3 3:-", "a redaction of what is no event id") { $0.redaction(by: user, of: "other:a") },
        .allowed(RuleNumbers.last.from(3), "a redaction of another server's event, which is as any other event") {
            $0.redaction(by: user, of: "$other:b")
        },
    ]

    static let levels: [AuthExample] = [
        .allowed(.newLevels, "levels as they were") { $0.newLevels(by: mod) { _ in } },
        .allowed(.firstLevels, "the first levels") {
            $0.levels = nil
            $0.newLevels(by: creator) { $0 = ["users": ["@mod:a": 1000], "ban": 1000] }
        },
        .refused(.users, "users that are no object") { $0.newLevels(by: mod) { $0 = $0.with(["users"], []) } },
        .refused(.users, "a user whose level is no number") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", "@user:a"], "much") }
        },
        .refused(.users, "a user whose level is null") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", "@user:a"], .null) }
        },
        .refused(.users, "a user who is none") { $0.newLevels(by: mod) { $0 = $0.with(["users", "user"], 0) } },
        .allowed(RuleNumbers.newLevels.below(10), "a user's level in a string") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", "@user:a"], " +050 ") }
        },
        .refused(RuleNumbers.users.from(10), "a user's level in a string, from version 10 on") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", "@user:a"], "50") }
        },
        .allowed(RuleNumbers.newLevels.below(6), "a user's level with a point") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", "@user:a"], .number("50.9")) }
        },
        .refused(RuleNumbers.users.from(6), "a user's level with a point, from version 6 on") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", "@user:a"], .number("50.0")) }
        },
        .refused("10:9.1 12:10.1", "a single level that is no integer") {
            $0.newLevels(by: mod) { $0 = $0.with(["kick"], "50") }
        },
        .refused("10:9.1 12:10.1", "a single level that is null") {
            $0.newLevels(by: mod) { $0 = $0.with(["events_default"], .null) }
        },
        .refused("10:9.2 12:10.2", "events that are no object") {
            $0.newLevels(by: mod) { $0 = $0.with(["events"], []) }
        },
        .refused("10:9.2 12:10.2", "notifications of which one is no integer") {
            $0.newLevels(by: mod) { $0 = $0.with(["notifications"], ["room": "50"]) }
        },
        .refused("12:10.4", "a level for the creator") {
            $0.newLevels(by: creator) { $0 = $0.with(["users", creator], 100) }
        },
        .refused("12:10.4", "a level for an additional creator") {
            $0.createContent["additional_creators"] = [.string(user)]
            $0.newLevels(by: creator) { $0 = $0.with(["users", user], 100) }
        },
        .allowed("12:10.11", "any level, by an additional creator") {
            $0.createContent["additional_creators"] = [.string(user)]
            $0.setLevel("ban", to: 1000)
            $0.newLevels(by: user) { $0 = $0.with(["ban"], 2000).with(["users", mod], nil) }
        },
    ]
}

extension AuthScene {
    fileprivate mutating func redaction(by sender: Text, of redacted: Text?) {
        type = "m.room.redaction"
        self.sender = sender
        redacts = redacted
    }
}
