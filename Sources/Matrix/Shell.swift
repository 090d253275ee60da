/// Words of a line that a person copies into a shell.
package enum Shell {
    /// `word` as a shell takes it for one word.
    package static func quoted(_ word: String) -> String {
        if !word.isEmpty, word.utf8.allSatisfy(isPlain) { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// The words of `line`, as a shell reads those that `quoted` made; nil where anything else in it is left to a shell.
    package static func words(of line: some StringProtocol) -> [String]? {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: " "):
                if let word { words.append(word) }
                word = nil
            case UInt8(ascii: "'"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "'")) else { return nil }
                word = (word ?? []) + rest[..<end]
                rest = rest[(end + 1)...]
            case UInt8(ascii: "\\"):
                guard rest.popFirst() == UInt8(ascii: "'") else { return nil }
                word = (word ?? []) + [UInt8(ascii: "'")]
            default:
                guard isPlain(byte) else { return nil }
                word = (word ?? []) + [byte]
            }
        }
        if let word { words.append(word) }
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    /// What no shell acts on wherever it stands in a word.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x40...0x5A, 0x61...0x7A: true
        default: "-_./:=,+[]%".utf8.contains(byte)
        }
    }
}
