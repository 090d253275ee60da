internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", _superCommandName: Tool.name,
        abstract: "Join a room: the whole handshake, stage by stage.",
        discussion: """
            ROOM is '#alias:server', '!id' with --via, a matrix: URI or a matrix.to link. Quote it: to a shell, an \
            unquoted # begins a comment.
            """)

    @Argument(help: ArgumentHelp("The room to join; can be left out with --invite.", valueName: "room"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var flow: FlowOptions
    @OptionGroup(title: "The handshake") var whole: JoinOptions
    @OptionGroup(title: "Judging the room") var keyring: KeyRingOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    private static let example = "fedjoin join '#alias:server'"

    func validate() throws {
        try flow.check(Stage.join, of: "join")
        guard !(whole.leaveAfter && (flow.dryRun || flow.stopAfter != nil)) else {
            throw ValidationError("--leave-after wants a whole join: it does not go with --dry-run or --stop-after")
        }
    }

    func run() async throws {
        if whole.invite == nil { _ = try RoomArgument.parse(room, example: Self.example) }
        let file = try IdentityFile(identity.key)
        var request = try InviteArgument.request(
            whole.invite, room, try UserArgument.parse(identity.user, file.identity.server), example: Self.example)
        flow.apply(to: &request)
        whole.apply(to: &request)
        guard request.invite?.versions.contains(where: request.versions.contains) ?? true else {
            throw UsageError("--room-versions has none that the invite can be of")
        }
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output, keyring: keyring,
            save: flow.save
        ).run("join", .join(leavesAfter: whole.leaveAfter), request, room: room)
    }
}

/// How we get in, and what is only asked of a whole join.
struct JoinOptions: ParsableArguments {
    @Option(help: .roomVersions) var roomVersions: RoomVersions?
    @Option(name: .customLong("try"), help: .mostCandidates) var mostCandidates = 5
    @Option(help: .displayName) var displayName: String?
    @Option(help: .invite) var invite: String?

    @Flag(help: .omitMembers) var omitMembers = false

    @Flag(help: "Leave again once the room is verified.")
    var leaveAfter = false

    func validate() throws { try TemplateOptions.check(mostCandidates) }

    func apply(to request: inout MembershipRequest) {
        request.versions = roomVersions?.list ?? RoomVersion.all
        request.mostCandidates = mostCandidates
        request.content.displayName = displayName.map { Text($0) }
        request.omitsMembers = omitMembers
    }
}

/// Whom to ask for a template, and for what.
struct TemplateOptions: ParsableArguments {
    @Option(help: .roomVersions) var roomVersions: RoomVersions?
    @Option(name: .customLong("try"), help: .mostCandidates) var mostCandidates = 5

    func validate() throws { try Self.check(mostCandidates) }

    static func check(_ mostCandidates: Int) throws {
        guard (1...1000).contains(mostCandidates) else { throw ValidationError("--try takes 1 to 1000") }
    }

    func apply(to request: inout MembershipRequest) {
        request.versions = roomVersions?.list ?? RoomVersion.all
        request.mostCandidates = mostCandidates
    }
}
