internal import Federation
internal import Matrix
internal import Reporting

/// The leave that undoes a join, and the send_join that goes on with it: who asks, and how the network is used, as the
/// join was told.
enum Undo {
    private static let flags: Set = [
        "--leave-after", "--dry-run", "--omit-members", "--no-notary", "--strict", "--verbose", "--quiet",
        "--show-secrets",
    ]
    private static let valued: Set = [
        "--via", "--invite", "--stop-after", "--room-versions", "--room-version", "--try", "--display-name", "--reason",
        "--notary", "--max-key-servers", "--save", "-o", "--output", "--report-junit", "--har", "--color",
        "-m", "--max-time",
    ]
    /// What a leave takes and send-join does not: its event says it.
    private static let ofEvent: Set = ["-u", "--user"]

    /// Those of a join's arguments that its leave takes, too, in quotes where a shell wants them.
    static func options(of arguments: [String], room: String?) -> [String] {
        options(of: arguments, room: room, without: valued)
    }

    /// Those that say who leaves where the command took it from an event: our name where nobody `named` it, and our user
    /// where it is not the one that is taken anyway.
    static func options(of user: UserID, named: Bool) -> [String] {
        let isDefault = user.text == Text("@\(Tool.name):\(user.server)")
        return (named ? [] : ["-N", "\(user.server)"])
            + (isDefault ? [] : ["-u", Shell.quoted(user.text.string)])
    }

    /// Those that the send-join takes which sends the event of a kept run again.
    static func optionsToSendAgain(of arguments: [String], room: String?) -> [String] {
        options(of: arguments, room: room, without: valued.union(ofEvent))
    }

    private static func options(of arguments: [String], room: String?, without valued: Set<String>) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        var isRoomSeen = false
        while let argument = rest.popFirst() {
            if valued.contains(argument) {
                rest = rest.dropFirst()
            } else if argument == room, !isRoomSeen {
                isRoomSeen = true
            } else if argument != "--", !isFlagOfJoin(argument), !hasValue(argument, of: valued) {
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
    private static func hasValue(_ argument: String, of valued: Set<String>) -> Bool {
        valued.contains { argument.hasPrefix($0.hasPrefix("--") ? $0 + "=" : $0) }
    }
}
