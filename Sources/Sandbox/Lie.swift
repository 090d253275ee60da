internal import Matrix

/// A template field that the sandbox lies in: each has a room of its own, at `#lie-NAME`.
package enum Lie: String, Sendable, CaseIterable {
    case type
    case roomID = "room-id"
    case sender
    case stateKey = "state-key"
    case membership
    /// The version is one that was not offered.
    case version
    /// The version is one whose room ids look otherwise.
    case versionForm = "version-form"
    case prevEvents = "prev-events"
    case authEvents = "auth-events"
    /// The authoriser is a user of another server.
    case authoriser

    /// The answer `{event, room_version}` with this lie in it.
    func told(in answer: JSON.Object) -> JSON {
        var answer = answer
        var event = answer["event"]?.object ?? JSON.Object()
        switch self {
        case .type: event["type"] = "m.room.power_levels"
        case .roomID: event["room_id"] = "!elsewhere:example.org"
        case .sender: event["sender"] = "@somebody:example.org"
        case .stateKey: event["state_key"] = "@somebody:example.org"
        case .membership: event["content"] = ["membership": "ban"]
        case .version: answer["room_version"] = "org.example.unheard-of"
        case .versionForm: answer["room_version"] = "12"
        case .prevEvents: event["prev_events"] = [["$not-a-plain-id:example.org", [:]]]
        case .authEvents: event["auth_events"] = "$not-a-list"
        case .authoriser:
            event["content"] = ["membership": "join", "join_authorised_via_users_server": "@admin:example.org"]
        }
        answer["event"] = .object(event)
        return .object(answer)
    }
}
