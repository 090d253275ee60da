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
    @OptionGroup(title: "Output") var saving: SaveOptions

    func run() async throws {
        let reference = try RoomArgument.parse(room, example: "fedjoin join '#alias:server'")
        let file = try IdentityFile(identity.key)
        var request = MembershipRequest(
            room: reference, user: try UserArgument.parse(identity.user, file.identity.server))
        handshake.apply(to: &request)
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output, keyring: keyring,
            saving: saving
        ).run("join", .join(leavesAfter: handshake.leaveAfter), request)
    }
}

/// How a join is to go.
struct JoinOptions: ParsableArguments {
    @OptionGroup var flow: FlowOptions
    @OptionGroup var template: TemplateOptions

    @OptionGroup var name: DisplayNameOptions
    @OptionGroup var omitting: OmittingOptions

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
        template.apply(to: &request)
        request.omitsMembers = omitting.omitMembers
        request.content.displayName = name.displayName.map { Text($0) }
    }
}

/// Whom to ask for a template, and for what.
struct TemplateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Room versions to offer, separated by commas (default: all, 1 to 12).", valueName: "list"))
    var roomVersions: RoomVersions?

    @Option(
        name: .customLong("try"), help: ArgumentHelp("How many servers to ask for a template.", valueName: "number"))
    var mostCandidates = 5

    func validate() throws {
        guard (1...1000).contains(mostCandidates) else { throw ValidationError("--try takes 1 to 1000") }
    }

    func apply(to request: inout MembershipRequest) {
        request.versions = roomVersions?.list ?? RoomVersion.all
        request.mostCandidates = mostCandidates
    }
}
