/// `$opaque:server` in room versions 1 and 2, `$` and a hash in later ones (appendices, "Event IDs").
package struct EventID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// A room has as many ids as events, so that one which was made of a hash stays one until somebody wants its text.
    private enum Form: Sendable {
        case text(Text)
        case hash(EventKey, isURLSafe: Bool)
    }

    private let form: Form

    package init?(_ text: Text) {
        guard text.count <= 255, text.hasPrefix("$"), !text.utf8.contains(0) else { return nil }
        guard let (_, server) = text.split(at: ":") else {
            guard text.count > 1 else { return nil }
            form = .text(text)
            return
        }
        guard ServerName(server) != nil else { return nil }
        form = .text(text)
    }

    /// An id that is known to be one, such as a sigil and a hash.
    init(unchecked text: Text) { form = .text(text) }

    /// `$` and `hash` in base64 (room versions 3 and later).
    init(hash: EventKey, urlSafe: Bool) { form = .hash(hash, isURLSafe: urlSafe) }

    package var text: Text {
        switch form {
        case .text(let text): text
        case .hash(let key, let isURLSafe): Base64.encode(key.bytes, after: UInt8(ascii: "$"), urlSafe: isURLSafe)
        }
    }

    /// The hash that it was made of in that alphabet; nil where it was made of text.
    func hash(urlSafe: Bool) -> EventKey? {
        if case .hash(let key, urlSafe) = form { key } else { nil }
    }

    /// Nil where the event id names no server. Read anew each time: rooms have as many ids as events.
    package var server: ServerName? {
        guard case .text(let text) = form else { return nil }
        return text.split(at: ":").flatMap { ServerName($0.after) }
    }

    package static func == (left: EventID, right: EventID) -> Bool {
        if case .hash(let one, let isURLSafe) = left.form, case .hash(let other, isURLSafe) = right.form {
            return one == other
        }
        return left.text == right.text
    }

    package func hash(into hasher: inout Hasher) { text.hash(into: &hasher) }
    package static func < (left: EventID, right: EventID) -> Bool { left.text < right.text }
    package var description: String { text.string }
}
