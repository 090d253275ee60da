internal import Federation
internal import Matrix

/// What a hint says that is not the catalogue's: `{…}` stands for what differs.
enum HintForm: String, CaseIterable {
    case sameRoom = "are --event and --room-version of the same room? without them less is checked"
    case notTriedAgain = "not tried again: it asks to wait {time}, and --retry waits five minutes at most"
    case withoutSelfCheck = "--no-self-check goes on without this look"
    case otherFamily = "the name has no address of the other family: only IPv{number}"
    case wait = "it asks to wait {time}: try again then"
    case waitOrRetry = "it asks to wait {time}: try again then, or with --retry N"
    case roomVersion = "the room is of version {quoted}"
    case knockable = "only rooms of version 7 on can be knocked at"
    case sendAgain = "send the same event again: fedjoin send-join {event_file}"
    case maybeTaken = "{server} may have taken the event {event_id}"
    case ownKeyPublished = "our own check could fetch it from here, so it is the way from there that fails"
    case ownKeyUntrusted =
        "our certificate was made at start, and nobody trusts it: give one that is trusted with --tls-cert and --tls-key"
    case ownKeyUnreachable = "our own check could not fetch it either: {words}"
    case ownKeyNotLookedAt = "no check of ours was made: fedjoin self{identity} makes it"
    case ownServer = "{server} is our own server: --signing-key FILE gives verify its key"
    case ownServerToServe =
        "other servers have to fetch it as long as we are in the room: fedjoin serve, or key publish"
    case badWellKnown = "the well-known file of {server} is of no use: {words}"

    /// Its words with `values` in their order.
    func filled(_ values: String...) -> String {
        var values = values[...]
        return HintTemplate(rawValue).parts.map { part in
            switch part {
            case .words(let words): String(decoding: words, as: UTF8.self)
            case .hole: values.popFirst() ?? ""
            }
        }.joined()
    }
}

extension Hint {
    /// A hint that was saved. Words that this program does not say are left out: a person does what a hint says.
    init(saved id: String, _ text: String) {
        self.init(id, Self.isOurs(text) ? text : Self.leftOut)
    }

    private static let leftOut = "(left out: what \(Tool.name) does not say itself)"
    private static let longest = 8192

    private static let templates =
        Diagnosis.catalogue.flatMap { $0.hints + [$0.cause] }.map { HintTemplate(ofCatalogue: $0) }
        + HintForm.allCases.map { HintTemplate($0.rawValue) } + [HintTemplate(leftOut)]

    private static func isOurs(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count <= longest && templates.contains { $0.fits(bytes) }
    }
}

/// The words of a hint with holes in them.
struct HintTemplate: Sendable {
    enum Part: Sendable, Equatable {
        case words([UInt8])
        case hole(String)
    }

    let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let (hole, name) = Self.hole(in: rest) {
            if hole.lowerBound > rest.startIndex { parts.append(.words(Array(rest[..<hole.lowerBound].utf8))) }
            parts.append(.hole(String(name)))
            rest = rest[hole.upperBound...]
        }
        if !rest.isEmpty { parts.append(.words(Array(rest.utf8))) }
        self.parts = parts
    }

    /// The first hole; braces around what is no name, as those of JSON, stay.
    private static func hole(in text: Substring) -> (range: Range<Substring.Index>, name: Substring)? {
        var from = text.startIndex
        while let open = text[from...].firstIndex(of: "{") {
            from = text.index(after: open)
            let name = text[from...].prefix { ("a"..."z").contains($0) || $0 == "_" }
            if !name.isEmpty, text[name.endIndex...].hasPrefix("}") {
                return (open..<text.index(after: name.endIndex), name)
            }
        }
        return nil
    }

    /// A hint of the catalogue's: where it names `fedjoin self`, a run completes it.
    init(ofCatalogue text: String) {
        let command = "fedjoin self"
        let pieces = text.split(separator: command, maxSplits: 1, omittingEmptySubsequences: false)
        self.init(pieces.joined(separator: "\(command){identity}"))
    }

    func fits(_ text: [UInt8]) -> Bool { Self.fits(text[...], parts[...]) }

    private static func fits(_ text: ArraySlice<UInt8>, _ parts: ArraySlice<Part>) -> Bool {
        let rest = parts.dropFirst()
        switch parts.first {
        case nil: return text.isEmpty
        case .words(let words): return text.starts(with: words) && fits(text.dropFirst(words.count), rest)
        case .hole(let name):
            return ends(of: text, before: rest.first).contains { end in
                HintHole.allows(name, String(decoding: text[..<end], as: UTF8.self)) && fits(text[end...], rest)
            }
        }
    }

    /// Where a hole may end: at its text's end, or before the words that follow.
    private static func ends(of text: ArraySlice<UInt8>, before next: Part?) -> [Int] {
        guard case .words(let words) = next else { return [text.endIndex] }
        return (text.startIndex...text.endIndex).filter { text[$0...].starts(with: words) }
    }
}

/// What may stand in the holes of a hint.
private enum HintHole {
    /// What stands for names that are not known.
    private static let unknown: Set = ["the other server", "our name"]

    static func allows(_ name: String, _ text: String) -> Bool {
        switch name {
        case "number", "port": UInt16(text) != nil
        case "time": text.utf8.count < 20 && text.utf8.allSatisfy("0123456789. smh".utf8.contains)
        case "event_id": EventID(Text(text)) != nil
        case "event_file": isEventFile(text)
        case "identity": text.isEmpty || isIdentity(text)
        case "quoted": isQuoted(text)
        // A remote's words or the system's, behind words of ours that say what they are.
        case "words": text.utf8.count <= 1000
        default: unknown.contains(text) || ToolLine.isPlace(text)
        }
    }

    /// What `Quoting.quoted` makes: nothing stands outside its quotes.
    private static func isQuoted(_ text: String) -> Bool {
        text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"") && !text.dropFirst().dropLast().contains("\"")
    }

    /// `run/event.json`, and the options to send it with.
    private static func isEventFile(_ text: String) -> Bool {
        guard let words = Shell.words(of: text), words.first?.hasSuffix("/event.json") == true,
            words.first?.hasPrefix("-") == false
        else { return false }
        return UndoOptions.read(words.dropFirst().map { Text(Shell.quoted($0)) }) != nil
    }

    /// ` -N NAME --signing-key FILE`, or one of the two.
    private static func isIdentity(_ text: String) -> Bool {
        guard text.hasPrefix(" "), var words = Shell.words(of: text.dropFirst())?[...] else { return false }
        if words.first == "-N", words.count > 1, ServerName(Text(words[words.startIndex + 1])) != nil {
            words = words.dropFirst(2)
        }
        if words.first == "--signing-key" { words = words.dropFirst(2) }
        return words.isEmpty
    }
}
