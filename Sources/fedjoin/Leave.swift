internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Leave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", _superCommandName: Tool.name,
        abstract: "Leave a room that we joined, take back a knock, or reject an invite: make_leave, sign, send_leave.",
        discussion:
            "A folder that --save of join or knock kept names the room, the server that we went through, and our user.")

    @Argument(
        help: ArgumentHelp(
            "The room's id, '!id' or '!id:server', or the folder of a saved join or knock; can be left out with --invite.",
            valueName: "roomid"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var flow: FlowOptions
    @OptionGroup(title: "The handshake") var invited: InviteOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws { try flow.check(Stage.leave, of: "leave") }

    func run() async throws {
        if let room, !room.hasPrefix("!"), SystemFile.isFolder(room) {
            guard invited.invite == nil else {
                throw UsageError("--invite does not go with the folder of a run, which says what is left")
            }
            return try await undo(room)
        }
        if let room, !room.isEmpty, !RoomReference.isMeant(by: Text(room)) {
            throw UsageError(
                "\(Quoting.quoted(Text(room))): leave takes a room's id, '!id' or a link with it, or the folder of a run that --save kept"
            )
        }
        let example = "fedjoin leave '!id' --via SERVER"
        if invited.invite == nil { try Self.checkIsID(try RoomArgument.parse(room, example: example)) }
        let file = try IdentityFile(identity.key)
        var request = try InviteArgument.request(
            invited.invite, room, try UserArgument.parse(identity.user, file.identity.server), example: example)
        let roomID = try Self.checkIsID(request.room)
        flow.apply(to: &request)
        try await leave(roomID, try servers(roomID, request), request, file)
    }

    /// Undoes the join or knock of a saved run, as the user who joined and at the server that took it.
    private func undo(_ folder: String) async throws {
        let path = "\(folder)/event.json"
        let joined = try SavedRun.event(path, namedBy: .folder)
        let (roomID, user) = try InputFile.checking(path) { () throws(FileFault) in try joined.subject() }
        let name = identity.key.serverName ?? user.server
        let given = try identity.user.map { try UserArgument.parse($0, name) }
        guard name == user.server, given ?? user == user else {
            throw UsageError(
                "the run is one of \(user), not of \(given.map(\.description) ?? "a user of \(name)")",
                hints: ["without -N and -u the user of the run leaves"])
        }
        let file = try IdentityFile(
            serverName: name, signingKey: identity.key.signingKey, signer: joined.signer(of: name))
        // Whoever made the folder would choose which of our users leaves which room.
        guard joined.isMade(by: file.identity) else {
            throw UsageError(
                "\(path): it is no event that \(file.identity.key.id) of \(name) has signed",
                hints: ["to leave a room all the same: fedjoin leave '!id' --via SERVER"], status: 65)
        }
        var request = MembershipRequest(room: try RoomReference(parsing: roomID.text), user: user)
        flow.apply(to: &request)
        let via = flow.via.isEmpty ? [joined.resident].compactMap(\.self) : flow.via
        try await leave(roomID, try RoomArgument.servers(roomID, via), request, file)
    }

    private func leave(
        _ roomID: RoomID, _ via: [ServerName], _ request: MembershipRequest, _ file: IdentityFile
    ) async throws {
        try await Command(
            file: file, key: identity.key, serving: serving, network: network, output: output, save: flow.save
        ).run("leave", .leave(roomID, via: via), request, room: room)
    }

    /// Those that were named, or the one in the room's id; an invite names one besides.
    private func servers(_ roomID: RoomID, _ request: MembershipRequest) throws -> [ServerName] {
        guard request.invite == nil else { return [roomID.server].compactMap { $0 } }
        return try RoomArgument.servers(roomID, flow.via + request.room.via)
    }

    @discardableResult
    private static func checkIsID(_ reference: RoomReference) throws -> RoomID {
        guard case .id(let roomID) = reference.room else {
            throw UsageError(
                "leave takes a room id, not an alias", hints: [RoomArgument.idHint(reference.text)])
        }
        return roomID
    }
}
