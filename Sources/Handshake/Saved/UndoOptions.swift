internal import Matrix

/// The options that the line which undoes a saved run has: those that who we are and how the network is used take.
///
/// The rest of what `fedjoin leave` knows would have it write files, or say something in our name.
package enum UndoOptions {
    private static let flags: Set = ["--serve-keys", "--no-self-check", "--force", "--insecure"]
    private static let valued: Set = [
        "--server-name", "--signing-key", "--user", "--listen", "--tls-cert", "--tls-key", "--linger", "--cacert",
        "--insecure-for", "--resolve", "--connect-to", "--dns-server", "--proxy", "--allow-address",
        "--connect-timeout", "--request-timeout", "--retry", "--max-time", "--user-agent", "--max-size",
    ]
    private static let shortFlags = "46nqv"
    private static let shortValued = "NuxmA"

    /// The words as they have to be typed; nil where one is no word quoted for a shell, or no option of these.
    static func read(_ texts: [Text]) -> [String]? {
        var words: [String] = []
        for text in texts {
            guard let read = Shell.words(of: text.string), read.count == 1 else { return nil }
            words += read
        }
        var rest = words[...]
        while let word = rest.popFirst() {
            guard let takesNext = takesNext(word), !takesNext || rest.popFirst() != nil else { return nil }
        }
        return words.map(Shell.quoted)
    }

    /// What of these `fedjoin serve` does not take.
    private static let ofRuns: Set = ["--serve-keys", "--no-self-check", "--force", "--linger", "--user", "-u"]

    /// Those of a run's that a `fedjoin serve` under the same name takes, too.
    package static func served(_ texts: [String]) -> [String] {
        var rest = texts.flatMap { Shell.words(of: $0) ?? [] }[...]
        var kept: [String] = []
        while let word = rest.popFirst() {
            let value = takesNext(word) == true ? rest.popFirst() : nil
            let name = word.hasPrefix("--") ? word.prefix { $0 != "=" } : word.prefix(2)
            if !ofRuns.contains(String(name)) { kept += [word] + [value].compactMap { $0 } }
        }
        return kept.map(Shell.quoted)
    }

    /// Whether the word behind this option is its value; nil where it is no option of these.
    private static func takesNext(_ word: String) -> Bool? {
        guard word.hasPrefix("--") else { return takesNext(short: word) }
        if flags.contains(word) { return false }
        if valued.contains(word) { return true }
        guard let equals = word.firstIndex(of: "=") else { return nil }
        return valued.contains(String(word[..<equals])) ? false : nil
    }

    /// `-4`, `-N` with its value behind it, `-Nname`, several in one.
    private static func takesNext(short word: String) -> Bool? {
        guard word.hasPrefix("-"), word.count > 1 else { return nil }
        let rest = word.dropFirst().drop { shortFlags.contains($0) }
        guard let option = rest.first else { return false }
        return shortValued.contains(option) ? rest.count == 1 : nil
    }
}
