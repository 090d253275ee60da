internal import Matrix
internal import Reporting

/// The leave that undoes a join: who asks, and how the network is used, as the join was told.
enum Undo {
    private static let flags: Set = [
        "--leave-after", "--dry-run", "--omit-members", "--no-notary", "--strict", "--verbose", "--quiet",
        "--show-secrets",
    ]
    private static let valued: Set = [
        "--via", "--invite", "--stop-after", "--room-versions", "--room-version", "--try", "--display-name", "--reason",
        "--notary", "--max-key-servers", "--save", "-o", "--output", "--report-junit", "--har", "--color",
    ]

    /// Those of a join's arguments that its leave takes, too, in quotes where a shell wants them.
    static func options(of arguments: [String], room: String?) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        var isRoomSeen = false
        while let argument = rest.popFirst() {
            if valued.contains(argument) {
                rest = rest.dropFirst()
            } else if argument == room, !isRoomSeen {
                isRoomSeen = true
            } else if argument != "--", !isFlagOfJoin(argument), !hasValueOfJoin(argument) {
                kept.append(Shell.quoted(ClosingLines.withoutPassword(argument)))
            }
        }
        return kept
    }

    /// `-n`, `--verbose`, `-qv`.
    private static func isFlagOfJoin(_ argument: String) -> Bool {
        let isCluster = argument.hasPrefix("-") && argument.count > 1 && argument.dropFirst().allSatisfy("nvq".contains)
        return isCluster || flags.contains(argument)
    }

    /// `--via=name`, `-ojson`.
    private static func hasValueOfJoin(_ argument: String) -> Bool {
        valued.contains { argument.hasPrefix($0.hasPrefix("--") ? $0 + "=" : $0) }
    }
}
