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

    @Argument(help: ArgumentHelp("The room to join.", valueName: "room"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var handshake: JoinOptions
    @OptionGroup(title: "Judging the room") var keyring: KeyRingOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let reference = try RoomArgument.parse(room, example: "fedjoin join '#alias:server'")
        let file = try IdentityFile(identity.key)
        var request = MembershipRequest(
            room: reference, user: try UserArgument.parse(identity.user, file.identity.server))
        handshake.apply(to: &request)
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
