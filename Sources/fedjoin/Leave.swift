internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Leave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave",
        abstract: "Leave a room that we joined: make_leave, sign, send_leave.")

    @Argument(help: ArgumentHelp("The room's id, '!id' or '!id:server'.", valueName: "roomid"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var flow: FlowOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws { try flow.check(Stage.leave, of: "leave") }

    func run() async throws {
        let reference = try RoomArgument.parse(room, example: "fedjoin leave '!id' --via SERVER")
        guard case .id(let roomID) = reference.room else {
            throw UsageError("leave takes a room id, not an alias", hints: ["fedjoin join showed it; it begins with !"])
        }
        let file = try IdentityFile(identity.key)
        var request = MembershipRequest(
            room: reference, user: try UserArgument.parse(identity.user, file.identity.server))
        flow.apply(to: &request)
        let via = try RoomArgument.servers(roomID, flow.via + reference.via)
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output
        ).run("leave", .leave(roomID, via: via), request)
    }
}
