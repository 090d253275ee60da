internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Knock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "knock", _superCommandName: Tool.name,
        abstract: "Ask to be let into a room: make_knock, sign, send_knock.",
        discussion: """
            A member of the room then invites us, or does not: fedjoin serve --await-invite takes the invite. To take \
            the knock back: fedjoin leave.
            """)

    @Argument(help: ArgumentHelp("The room to knock at.", valueName: "room"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var handshake: KnockOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let reference = try RoomArgument.parse(room, example: "fedjoin knock '#alias:server'")
        let file = try IdentityFile(identity.key)
        var request = MembershipRequest(
            room: reference, user: try UserArgument.parse(identity.user, file.identity.server))
        handshake.flow.apply(to: &request)
        handshake.entry.apply(to: &request)
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output, save: handshake.flow.save
        ).run("knock", .knock, request, room: room)
    }
}

/// How a knock is to go.
struct KnockOptions: ParsableArguments {
    @OptionGroup var flow: FlowOptions
    @OptionGroup var entry: EntryOptions

    func validate() throws {
        try flow.check(Stage.knock, of: "knock")
        guard entry.template.roomVersions?.list.contains(where: \.allowsKnocking) ?? true else {
            throw ValidationError("--room-versions has none that can be knocked at: those are 7 to 12")
        }
    }
}

/// How a template to get in by is asked for: of a join and of a knock.
struct EntryOptions: ParsableArguments {
    @OptionGroup var template: TemplateOptions
    @Option(help: .displayName) var displayName: String?

    func apply(to request: inout MembershipRequest) {
        template.apply(to: &request)
        request.content.displayName = displayName.map { Text($0) }
    }
}
