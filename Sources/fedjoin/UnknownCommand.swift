internal import ArgumentParser
internal import Matrix
internal import Reporting

/// What is said of a first word that is no command.
enum UnknownCommand {
    static func error(_ word: String) -> UsageError {
        UsageError("there is no command \(Quoting.quoted(Text(word)))", hints: [hint(word)])
    }

    private static func hint(_ word: String) -> String {
        if RoomReference.isMeant(by: Text(word)) { return "fedjoin join \(Shell.quoted(word))" }
        let names = FedJoin.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        let near = names.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        // Two slips in a short word are another word.
        guard let near, near.distance <= 2, near.distance * 3 <= near.name.count else {
            return "fedjoin --help lists the commands"
        }
        return "fedjoin \(near.name)"
    }

    /// How many characters have to be put in, taken out or changed to make one word of the other, of two that have
    /// changed places one.
    private static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.prefix(64)), Array(other))
        var rows = [Array(0...other.count)]
        for i in one.indices {
            var row = [i + 1]
            for j in other.indices {
                var least = min(row[j], rows[i][j + 1]) + 1
                least = min(least, rows[i][j] + (one[i] == other[j] ? 0 : 1))
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }
}
