/// What redaction keeps of an event, in one room version (each version's "Redactions").
package struct RedactionRules: Sendable, Hashable {
    /// What is kept of the content of one type of event.
    package enum Content: Sendable, Hashable {
        case all
        case keys(Set<Text>)
    }

    package var topLevel: Set<Text>
    package var content: [Text: Content]
    /// Whether a member event keeps `third_party_invite`, with nothing but `signed` in it.
    package var keepsThirdPartySigned = false

    static let v1 = RedactionRules(
        topLevel: [
            "event_id", "type", "room_id", "sender", "state_key", "content", "hashes", "signatures", "depth",
            "prev_events", "prev_state", "auth_events", "origin", "origin_server_ts", "membership",
        ],
        content: [
            "m.room.member": .keys(["membership"]),
            "m.room.create": .keys(["creator"]),
            "m.room.join_rules": .keys(["join_rule"]),
            "m.room.power_levels": .keys([
                "ban", "events", "events_default", "kick", "redact", "state_default", "users", "users_default",
            ]),
            "m.room.aliases": .keys(["aliases"]),
            "m.room.history_visibility": .keys(["history_visibility"]),
        ]
    )

    /// Keeps `key` of the content of events of `type`, too.
    mutating func keep(_ key: Text, of type: Text) {
        guard case .keys(let keys) = content[type] ?? .keys([]) else { return }
        content[type] = .keys(keys.union([key]))
    }
}

extension RedactionRules {
    /// `event` as these rules redact it, `unsigned` left out.
    package func redact(_ event: JSON.Object) -> JSON.Object {
        var redacted = event.filter(topLevel.contains)
        redacted["content"] = .object(redactedContent(event["content"]?.object ?? JSON.Object(), event["type"]?.text))
        return redacted
    }

    private func redactedContent(_ content: JSON.Object, _ type: Text?) -> JSON.Object {
        guard let type, let rule = self.content[type] else { return JSON.Object() }
        guard case .keys(let keys) = rule else { return content }
        var kept = content.filter(keys.contains)
        // An invite without `signed` stays as an empty object: all of its keys are stripped, not the invite itself.
        if keepsThirdPartySigned, type == "m.room.member", let invite = content["third_party_invite"]?.object {
            kept["third_party_invite"] = .object(invite.filter { $0 == "signed" })
        }
        return kept
    }
}
