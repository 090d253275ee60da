internal import Reporting

/// The leave that undoes a join: who asks, and how the network is used, as the join was told.
enum Undo {
    private static let flags: Set = [
        "--leave-after", "-n", "--dry-run", "--omit-members", "--no-notary", "--strict", "-v", "-vv", "-vvv",
        "--verbose",
    ]
    private static let valued: Set = [
        "--via", "--stop-after", "--room-versions", "--room-version", "--try", "--display-name", "--reason",
        "--notary", "--max-key-servers", "--save", "-o", "--output",
    ]

    /// Those of a join's arguments that its leave takes, too, in quotes where a shell wants them.
    static func options(of arguments: [String], room: String) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        var isRoomSeen = false
        while let argument = rest.popFirst() {
            if valued.contains(argument) {
                rest = rest.dropFirst()
            } else if argument == room, !isRoomSeen {
                isRoomSeen = true
            } else if argument != "--", !flags.contains(argument), !hasValueOfJoin(argument) {
                kept.append(ClosingLines.shellQuoted(argument))
            }
        }
        return kept
    }

    /// `--via=name`, `-ojson`.
    private static func hasValueOfJoin(_ argument: String) -> Bool {
        valued.contains { argument.hasPrefix($0.hasPrefix("--") ? $0 + "=" : $0) }
    }
}
