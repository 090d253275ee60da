@testable import Matrix

extension AuthExample {
    static let levelChanges: [AuthExample] =
        ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"].flatMap(single)
        + entries
        + users

    private static func single(_ name: Text) -> [AuthExample] {
        [
            .refused(.single / "1", "\(name) lowered from above") {
                $0.setLevels(for: mod)
                $0.setLevel(name, to: 51)
                $0.newLevels(by: mod) { $0 = $0.with([name], 0) }
            },
            .refused(.single / "1", "\(name) taken away from above") {
                $0.setLevels(for: mod)
                $0.setLevel(name, to: 51)
                $0.newLevels(by: mod) { $0 = $0.with([name], nil) }
            },
            .refused(.single / "2", "\(name) raised above") {
                $0.setLevels(for: mod)
                $0.setLevel(name, to: 50)
                $0.newLevels(by: mod) { $0 = $0.with([name], 51) }
            },
            .refused(.single / "2", "\(name) added above") {
                $0.setLevels(for: mod)
                $0.newLevels(by: mod) { $0 = $0.with([name], 51) }
            },
            .allowed(.newLevels, "\(name) changed within") {
                $0.setLevels(for: mod)
                $0.setLevel(name, to: 50)
                $0.newLevels(by: mod) { $0 = $0.with([name], 49) }
            },
            .allowed(.newLevels, "\(name) left above") {
                $0.setLevels(for: mod)
                $0.setLevel(name, to: 51)
                $0.newLevels(by: mod) { _ in }
            },
        ]
    }

    private static let entries: [AuthExample] = [
        .refused(.entryThen, "an event's level lowered from above") {
            $0.setLevel("events", "x", to: 51)
            $0.newLevels(by: mod) { $0 = $0.with(["events", "x"], 0) }
        },
        .refused(.entryThen, "an event's level taken away from above") {
            $0.setLevel("events", to: ["a": 1, "x": 51])
            $0.newLevels(by: mod) { $0 = $0.with(["events", "x"], nil) }
        },
        .refused(.entryThen, "all events' levels taken away, one of them above") {
            $0.setLevel("events", to: ["a": 1, "x": 51])
            $0.newLevels(by: mod) { $0 = $0.with(["events"], nil) }
        },
        .refused(.entryNow, "an event's level raised above") {
            $0.setLevel("events", "x", to: 50)
            $0.newLevels(by: mod) { $0 = $0.with(["events", "x"], 51) }
        },
        .refused(.entryNow, "an event's level added above") {
            $0.setLevel("events", to: ["a": 1, "z": 51])
            $0.newLevels(by: mod) { $0 = $0.with(["events", "x"], 51) }
        },
        .refused(RuleNumbers.entryNow.below(10), "events that are no object any more") {
            $0.newLevels(by: mod) { $0 = $0.with(["events"], "none") }
        },
        .allowed(.newLevels, "events' levels changed, added and taken away within") {
            $0.setLevel("events", to: ["a": 50, "b": 0, "z": 51])
            $0.newLevels(by: mod) { $0 = $0.with(["events"], ["a": 0, "c": 50, "z": 51]) }
        },
        .refused(RuleNumbers.entryThen.from(6), "a notification's level lowered from above") {
            $0.setLevel("notifications", to: ["room": 51])
            $0.newLevels(by: mod) { $0 = $0.with(["notifications", "room"], 50) }
        },
        .refused(RuleNumbers.entryNow.from(6), "a notification's level raised above") {
            $0.newLevels(by: mod) { $0 = $0.with(["notifications"], ["room": 51]) }
        },
        .allowed(RuleNumbers.newLevels.below(6), "a notification's level raised above, where nobody looks") {
            $0.newLevels(by: mod) { $0 = $0.with(["notifications"], ["room": 51]) }
        },
    ]

    private static let users: [AuthExample] = [
        .refused(.userThen, "an equal's level lowered") {
            $0.setLevel(of: user, 50)
            $0.newLevels(by: mod) { $0 = $0.with(["users", user], 49) }
        },
        .refused(.userThen, "an equal's level taken away") {
            $0.setLevel(of: user, 50)
            $0.newLevels(by: mod) { $0 = $0.with(["users", user], nil) }
        },
        .refused(.userThen, "a higher one's level lowered") {
            $0.setLevel(of: user, 51)
            $0.newLevels(by: mod) { $0 = $0.with(["users", user], 0) }
        },
        .refused(.userNow, "a level raised above the sender's") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", user], 51) }
        },
        .refused(.userNow, "the sender's own level raised") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", mod], 51) }
        },
        .allowed(.newLevels, "the sender's own level lowered") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", mod], 0) }
        },
        .allowed(.newLevels, "the sender's own level taken away") {
            $0.newLevels(by: mod) { $0 = $0.with(["users", mod], nil) }
        },
        .allowed(.newLevels, "a lower one's level raised to the sender's") {
            $0.setLevel(of: user, 49)
            $0.newLevels(by: mod) { $0 = $0.with(["users", user], 50) }
        },
    ]
}

extension AuthScene {
    /// Lets `user` send power levels, whatever else stands in them.
    fileprivate mutating func setLevels(for user: Text) { setLevel("events", to: ["m.room.power_levels": 50]) }
}
