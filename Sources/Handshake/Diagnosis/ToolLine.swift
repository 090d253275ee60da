internal import Federation
internal import Matrix

/// A line to copy of those that `Diagnosis.Tool` has, made anew of its words: names in it may come from others, and one
/// that was saved may be anybody's, which a person would paste into a shell all the same.
///
/// Only a known tool, the options that a run adds to it, and names where names are due.
struct ToolLine {
    let text: String

    /// Nil where `line` is none that this program writes.
    init?(_ line: String) {
        guard let text = Self.forms.lazy.compactMap({ $0.text(of: line) }).first else { return nil }
        self.text = text
    }

    private static let forms = [
        Form(
            tool: "curl -v", flags: families,
            valued: ["--cacert": isAny, "--resolve": isAny, "--connect-to": isAny, "-x": isAny], operands: url),
        Form(tool: "dig", flags: isNameServer, valued: ["-p": isNumber], operands: questions),
        Form(
            tool: "openssl s_client", flags: families,
            valued: ["-CAfile": isAny, "-connect": isPlace, "-servername": isHost], end: " </dev/null",
            operands: none),
    ]

    private static func families(_ word: String) -> Bool { ["-4", "-6"].contains(word) }

    private static func isNameServer(_ word: String) -> Bool {
        word.hasPrefix("@") && IPAddress(Text(String(word.dropFirst()))) != nil
    }

    private static func isAny(_ word: String) -> Bool { true }
    private static func isNumber(_ word: String) -> Bool { UInt16(word) != nil }

    /// A host and where there is one its port, or what stands for both where they are not known.
    static func isPlace(_ word: String) -> Bool { word == "HOST:PORT" || name(word) != nil }

    /// What begins with a hyphen would be an option to some tools.
    private static func isHost(_ word: String) -> Bool {
        name(word).map { $0.port == nil } == true && !word.hasPrefix("-")
    }

    /// Names of DNS may have an underscore, which server names have not.
    private static func name(_ word: String) -> ServerName? {
        ServerName(Text(String(word.map { $0 == "_" ? "-" : $0 })))
    }

    /// One of the addresses that the tools ask for, in quotes as they have it.
    private static func url(_ words: [String]) -> [String]? {
        guard words.count == 1, words[0].hasPrefix("https://") else { return nil }
        let rest = words[0].dropFirst("https://".count)
        guard let slash = rest.firstIndex(of: "/"), isPlace(String(rest[..<slash])),
            paths.contains(String(rest[slash...]))
        else { return nil }
        return ["'\(words[0])'"]
    }

    private static let paths = [
        "/_matrix/federation/v1/version", "/_matrix/key/v2/server", "/.well-known/matrix/server",
    ]

    private static func none(_ words: [String]) -> [String]? { words.isEmpty ? [] : nil }

    private static func questions(_ words: [String]) -> [String]? {
        guard words.count == 4 else { return nil }
        let isOfAddresses = words[1] == "A" && words[3] == "AAAA" && words[0] == words[2] && isHost(words[0])
        return isOfAddresses || isOfServices(words) ? words : nil
    }

    private static func isOfServices(_ words: [String]) -> Bool {
        let (new, old) = ("_matrix-fed._tcp.", "_matrix._tcp.")
        guard words[1] == "SRV", words[3] == "SRV", words[0].hasPrefix(new) else { return false }
        let host = String(words[0].dropFirst(new.count))
        return words[2] == old + host && isHost(host)
    }
}

/// How the lines of one tool are made up.
private struct Form: Sendable {
    let tool: String
    let flags: @Sendable (String) -> Bool
    /// Options with a value, and what one may be.
    let valued: [String: @Sendable (String) -> Bool]
    var end = ""
    /// What stands behind the options, as it is written; nil where it is none of this tool's.
    let operands: @Sendable ([String]) -> [String]?

    func text(of line: String) -> String? {
        guard line.hasPrefix(tool + " "), line.hasSuffix(end),
            let words = Shell.words(of: line.dropFirst(tool.count).dropLast(end.count))
        else { return nil }
        var (kept, rest) = ([tool], words[...])
        while let word = rest.first, word.hasPrefix("-") || word.hasPrefix("@") {
            rest.removeFirst()
            kept.append(word)
            if flags(word) { continue }
            guard let isValue = valued[word], let value = rest.popFirst(), isValue(value) else { return nil }
            kept.append(Shell.quoted(value))
        }
        guard let operands = operands(Array(rest)) else { return nil }
        return (kept + operands).joined(separator: " ") + end
    }
}
