internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join a room: the whole handshake, stage by stage.",
        discussion: """
            ROOM is '#alias:server', '!id' with --via, a matrix: URI or a matrix.to link. Quote it: to a shell, an \
            unquoted # begins a comment.
            """)

    @Argument(help: ArgumentHelp("The room to join; can be left out with --invite.", valueName: "room"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var handshake: JoinOptions
    @OptionGroup(title: "The handshake") var invited: InviteOptions
    @OptionGroup(title: "Judging the room") var keyring: KeyRingOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    private static let example = "fedjoin join '#alias:server'"

    func run() async throws {
        if invited.invite == nil { _ = try RoomArgument.parse(room, example: Self.example) }
        let file = try IdentityFile(identity.key)
        var request = try invited.request(
            room, try UserArgument.parse(identity.user, file.identity.server), example: Self.example)
        handshake.apply(to: &request)
        guard request.invite?.versions.contains(where: request.versions.contains) ?? true else {
            throw UsageError("--room-versions has none that the invite can be of")
        }
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output, keyring: keyring
        ).run("join", .join(leavesAfter: handshake.leaveAfter), request)
    }
}

/// How a join is to go.
struct JoinOptions: ParsableArguments {
    @OptionGroup var flow: FlowOptions

    @OptionGroup var entry: EntryOptions

    @Flag(help: "Let the resident leave members out of its answer: faster for large rooms.")
    var omitMembers = false

    @Flag(help: "Leave again once the room is verified.")
    var leaveAfter = false

    func validate() throws {
        try flow.check(Stage.join, of: "join")
        guard !(leaveAfter && (flow.dryRun || flow.stopAfter != nil)) else {
            throw ValidationError("--leave-after wants a whole join: it does not go with --dry-run or --stop-after")
        }
    }

    func apply(to request: inout MembershipRequest) {
        flow.apply(to: &request)
        entry.apply(to: &request)
        request.omitsMembers = omitMembers
    }
}
