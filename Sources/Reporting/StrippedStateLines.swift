package import Matrix

/// What a server shows of a room that we are not in.
package enum StrippedStateLines {
    /// One line of what there is of the room, and one each for its name and topic.
    package static func lines(_ state: StrippedState) -> [String] {
        var facts = [state.roomVersion.map { "version \($0)" }, maker(state), joinRule(state)].compactMap(\.self)
        if let alias = state.content("m.room.canonical_alias")?["alias"]?.text { facts.append("\(alias)") }
        if state.entry("m.room.encryption") != nil { facts.append("encrypted") }
        let summary = facts.isEmpty ? "nothing" : facts.joined(separator: ", ")
        var lines = [TextReport.line(.said, "the room, as \(state.server) has it: \(summary)")]
        for (type, key) in [("m.room.name", "name"), ("m.room.topic", "topic")] as [(Text, Text)] {
            guard let text = state.content(type)?[key]?.text else { continue }
            lines.append(TextReport.line(.said, "  \(key): \(Quoting.quoted(text, limit: 200))"))
        }
        if state.leftOut > 0 {
            lines.append(TextReport.line(.leftOut, "\(state.leftOut) more that it showed were no state of the room"))
        }
        return lines
    }

    private static func maker(_ state: StrippedState) -> String? {
        state.entry("m.room.create").map { "made by \($0.sender)" }
    }

    private static func joinRule(_ state: StrippedState) -> String? {
        state.content("m.room.join_rules")?["join_rule"]?.text.map { "join rule \($0)" }
    }

    static func object(_ state: StrippedState) -> JSON.Object {
        let events = state.entries.map { entry -> JSON in
            [
                "type": .string(entry.type), "state_key": .string(entry.stateKey), "sender": .string(entry.sender),
                "content": .object(entry.content),
            ]
        }
        return [
            "server": .string(state.server.text), "events": .array(events), "left_out": .integer(state.leftOut),
        ]
    }
}
