// The rules of room version 1, in the order of its text and numbered by it.
extension AuthRules {
    static let v1 = AuthRules(
        "1",
        [
            create, authEvents,
            .reject(
                "the room is closed to other servers than its creator's",
                if: { $0.isClosedToSender },
                saying: { "\($0.event.sender) is of \($0.event.sender.server)" }
            ),
            aliases, member,
            .reject(
                "the sender is not in the room",
                if: { !$0.isSenderJoined },
                saying: { $0.standing($0.sender) }
            ),
            .group(
                "it invites a third party",
                if: { $0.event.kind == .thirdPartyInvite },
                [
                    .allow(
                        "only who may invite may invite a third party",
                        only: { $0.suffices($0.senderLevel, for: $0.inviteLevel) },
                        saying: { $0.lacks($0.inviteLevel, for: "inviting") }
                    )
                ]
            ),
            .reject(
                "the sender's level is too low for the event's type",
                if: { !$0.suffices($0.senderLevel, for: $0.requiredLevel) },
                saying: { $0.lacks($0.requiredLevel, for: "\($0.event.type)") }
            ),
            .reject(
                "the state key is another user's id",
                if: { $0.isOthersState },
                saying: { "\($0.target), and the sender is \($0.event.sender)" }
            ),
            powerLevels, redaction,
            .allow("nothing stands against it"),
        ]
    )

    // 1.
    private static let create = AuthRule.group(
        "it makes the room",
        if: { $0.event.kind == .create },
        [
            .reject("a create event is the first, and this one has prev_events", if: { $0.event.hasPrevious }),
            .reject(
                as: .createRoom,
                "the room id is not of the sender's server",
                if: { $0.event.roomID?.server?.text != $0.event.sender.server.text },
                saying: { "\($0.event.roomID?.text ?? "none"), and the sender is \($0.event.sender)" }
            ),
            .reject(
                "the room is of a version that we do not know",
                if: { $0.isVersionUnknown },
                saying: { $0.event.content["room_version"]?.text.map { Quoting.quoted($0) } ?? "not a string" }
            ),
            .reject(as: .creator, "it names no creator", if: { $0.event.content["creator"] == nil }),
            .allow(as: .createEnd, "it is as a create event should be"),
        ]
    )

    // 2.
    private static let authEvents = AuthRule.group(
        as: .authEvents,
        "as for the events that it names in auth_events",
        [
            .reject(
                "two events in auth_events have the same type and state key",
                if: { $0.duplicate != nil },
                saying: { $0.duplicate.map(described) ?? "" }
            ),
            .reject(
                "an event in auth_events is none that such an event names",
                if: { $0.unexpected != nil },
                saying: { $0.unexpected.map(described) ?? "" }
            ),
            .reject(
                "an event in auth_events was rejected itself",
                if: { $0.rejected != nil },
                saying: { $0.rejected.map(described) ?? "" }
            ),
            .reject(as: .createNamed, "the create event is not in auth_events", if: { !$0.isCreateThere }),
            .reject(
                "an event in auth_events is of another room",
                if: { $0.foreign != nil },
                saying: { $0.foreign.map(described) ?? "" }
            ),
        ]
    )

    // 4.
    private static let aliases = AuthRule.group(
        as: .aliases,
        "it lists a server's aliases",
        if: { $0.event.kind == .aliases },
        [
            .reject("it has no state key", if: { $0.event.stateKey == nil }),
            .reject(
                "the state key is not the sender's server",
                if: { $0.target != $0.event.sender.server.text },
                saying: { "\(Quoting.quoted($0.target)), and the sender is \($0.event.sender)" }
            ),
            .allow("the server's own"),
        ]
    )

    // 11.
    private static let redaction = AuthRule.group(
        as: .redaction,
        "it redacts another event",
        if: { $0.event.kind == .redaction },
        [
            .allow("the sender may redact any", if: { $0.suffices($0.senderLevel, for: $0.redactLevel) }),
            .allow("both events are of one server", if: { $0.isOwnRedaction }),
            .reject(
                "the sender may only redact events of the own server",
                saying: { $0.lacks($0.redactLevel, for: "redacting others'") }
            ),
        ]
    )

    private static func described(_ event: AuthEvent) -> String {
        event.stateKey.map { "\(event.id), \(event.type) \(Quoting.quoted($0))" } ?? "\(event.id), \(event.type)"
    }
}

extension AuthCase {
    /// Whether `m.federate` is false, and the sender not of the create event's server.
    fileprivate var isClosedToSender: Bool {
        guard let create = context.state.create, create.content["m.federate"] == .bool(false) else { return false }
        return noting(create)?.sender.server.text != event.sender.server.text
    }

    fileprivate var isVersionUnknown: Bool {
        guard let version = event.content["room_version"] else { return false }
        return version.text.flatMap { RoomVersion.named($0) } == nil
    }

    fileprivate var isOthersState: Bool {
        guard let key = event.stateKey, key.hasPrefix("@") else { return false }
        return key != sender
    }

    fileprivate var isOwnRedaction: Bool {
        guard let server = event.id.server, let redacted = event.redacts.flatMap({ EventID($0) }) else { return false }
        return redacted.server == server
    }
}
