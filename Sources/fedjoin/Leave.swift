internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Leave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave",
        abstract: "Leave a room that we joined, take back a knock, or reject an invite: make_leave, sign, send_leave.")

    @Argument(
        help: ArgumentHelp("The room's id, '!id' or '!id:server'; can be left out with --invite.", valueName: "roomid"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var flow: FlowOptions
    @OptionGroup(title: "The handshake") var invited: InviteOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws { try flow.check(Stage.leave, of: "leave") }

    func run() async throws {
        let example = "fedjoin leave '!id' --via SERVER"
        if invited.invite == nil { try Self.checkIsID(try RoomArgument.parse(room, example: example)) }
        let file = try IdentityFile(identity.key)
        var request = try invited.request(
            room, try UserArgument.parse(identity.user, file.identity.server), example: example)
        let roomID = try Self.checkIsID(request.room)
        flow.apply(to: &request)
        let via = try servers(roomID, request)
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output
        ).run("leave", .leave(roomID, via: via), request)
    }

    /// Those that were named, or the one in the room's id; an invite names one besides.
    private func servers(_ roomID: RoomID, _ request: MembershipRequest) throws -> [ServerName] {
        guard request.invite == nil else { return [roomID.server].compactMap { $0 } }
        return try RoomArgument.servers(roomID, flow.via + request.room.via)
    }

    @discardableResult
    private static func checkIsID(_ reference: RoomReference) throws -> RoomID {
        guard case .id(let roomID) = reference.room else {
            throw UsageError("leave takes a room id, not an alias", hints: ["fedjoin join showed it; it begins with !"])
        }
        return roomID
    }
}
