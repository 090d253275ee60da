// The rules of m.room.power_levels.
extension AuthRules {
    // 10.
    static let powerLevels = AuthRule.group(
        "it sets power levels",
        if: { $0.event.kind == .powerLevels },
        [
            .reject(as: .users, "users is not an object of levels by user id", if: { $0.areUsersMalformed }),
            .allow(as: .firstLevels, "there were none before", if: { $0.powerLevels == nil }),
            .group(
                "as for the single levels that it alters",
                [
                    .reject(
                        "a level that it alters was above the sender's",
                        if: { $0.tooHighBefore != nil },
                        saying: { $0.words($0.tooHighBefore) }
                    ),
                    .reject(
                        "a level becomes higher than the sender's",
                        if: { $0.tooHighNow != nil },
                        saying: { $0.words($0.tooHighNow) }
                    ),
                ]
            ),
            entriesThen("events"), entriesNow("events"),
            .group(
                "as for the other users' levels that it changes or takes away",
                [
                    .reject(
                        "another user's level that it alters was not below the sender's",
                        if: { $0.equalTouched != nil },
                        saying: { $0.words($0.equalTouched) }
                    )
                ]
            ),
            .group(
                "as for the users' levels that it gives or changes",
                [
                    .reject(
                        "a user's level becomes higher than the sender's",
                        if: { $0.entryTooHighNow(in: ["users"]) != nil },
                        saying: { $0.words($0.entryTooHighNow(in: ["users"])) }
                    )
                ]
            ),
            .allow("the sender may change all of it"),
        ]
    )

    // 10.4.
    static func entriesThen(_ maps: Text...) -> AuthRule {
        .group(
            as: .entriesThen,
            "as for the entries that it changes or takes away",
            [
                .reject(
                    "an entry that it alters was above the sender's level",
                    if: { $0.entryTooHighBefore(in: maps) != nil },
                    saying: { $0.words($0.entryTooHighBefore(in: maps)) }
                )
            ]
        )
    }

    // 10.5.
    static func entriesNow(_ maps: Text...) -> AuthRule {
        .group(
            as: .entriesNow,
            "as for the entries that it adds or changes",
            [
                .reject(
                    "an entry becomes higher than the sender's level",
                    if: { $0.entryTooHighNow(in: maps) != nil },
                    saying: { $0.words($0.entryTooHighNow(in: maps)) }
                )
            ]
        )
    }
}
