/// Writes the redacted form of events of one room version, as `RedactionRules` has it, straight from a tape.
struct RedactionWriter: Sendable {
    private let topLevel: Set<Text>
    private let types: KeySet
    /// Which of `types` members are.
    private let member: Int?
    /// What is kept of the content of each of `types`; nil for all of it.
    private let contents: [KeySet?]
    private let keepsThirdPartySigned: Bool

    private static let invite = KeySet(["third_party_invite"])
    private static let signed = KeySet(["signed"])

    init(_ rules: RedactionRules) {
        topLevel = rules.topLevel.subtracting(["signatures", "unsigned"])
        let rulesOfTypes = rules.content.sorted { $0.key < $1.key }
        types = KeySet(rulesOfTypes.map(\.key))
        member = rulesOfTypes.firstIndex { $0.key == "m.room.member" }
        contents = rulesOfTypes.map { if case .keys(let keys) = $0.value { KeySet(keys) } else { nil } }
        keepsThirdPartySigned = rules.keepsThirdPartySigned
    }

    /// What becomes of an event's own member of that key.
    func fate(of key: Text) -> CanonicalWriter.Fate {
        if key == "content" { return .filtered }
        return topLevel.contains(key) ? .kept : .dropped
    }

    /// Writes what is signed of the event that `tape` holds; `type` is the node of its type, 0 for none. `fate` gives in
    /// turn what becomes of its members.
    @inline(__always)
    func write(
        _ tape: JSONTape, _ s: Span<UInt8>, type: Int, into writer: inout CanonicalWriter,
        _ fate: () -> CanonicalWriter.Fate
    ) throws(CanonicalJSON.Failure) {
        let isText = type > 0 && (tape.kind(type) == .string || tape.kind(type) == .escaped)
        let index = isText ? types.index(type, tape, s) : nil
        let isMember = keepsThirdPartySigned && index != nil && index == member
        try writer.object(0, tape, s) { _ in
            fate()
        } filtered: { writer, node throws(CanonicalJSON.Failure) in
            // What is no object counts as an empty one; the format check refuses such an event.
            guard tape.isObject(node) else { return writer.writeEmptyObject() }
            guard let index else { return writer.writeEmptyObject() }
            guard let kept = contents[index] else { return try writer.write(node, tape, s) }
            try content(node, kept, isMember: isMember, tape, s, into: &writer)
        }
    }

    /// An invite without `signed` stays as an empty object: all of its keys are stripped, not the invite itself.
    private func content(
        _ node: Int, _ kept: KeySet, isMember: Bool, _ tape: JSONTape, _ s: Span<UInt8>,
        into writer: inout CanonicalWriter
    ) throws(CanonicalJSON.Failure) {
        try writer.object(node, tape, s) { key in
            if isMember, tape.isObject(key + 1), Self.invite.contains(key, tape, s) { return .filtered }
            return kept.contains(key, tape, s) ? .kept : .dropped
        } filtered: { writer, node throws(CanonicalJSON.Failure) in
            try writer.object(node, tape, s) {
                Self.signed.contains($0, tape, s) ? .kept : .dropped
            } filtered: {
                _, _ throws(CanonicalJSON.Failure) in
            }
        }
    }
}
