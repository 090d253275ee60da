internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

/// The room that a membership is about: by its name, by an invite, or by both.
struct InviteOptions: ParsableArguments {
    @Option(help: .invite) var invite: String?
}

/// What `--invite` and a room's name ask for, one of them or both.
enum InviteArgument {
    private static let largest = 16 << 20

    /// A request of `user` for the room of `argument`, or that of the invite where there is none.
    static func request(
        _ path: String?, _ argument: String?, _ user: UserID, example: String
    ) throws -> MembershipRequest {
        guard let path else {
            return MembershipRequest(room: try RoomArgument.parse(argument, example: example), user: user)
        }
        let invite = try read(path, user)
        let reference = try argument.map { try RoomArgument.parse($0, example: example) }
        if let reference, case .id(let id) = reference.room, id != invite.roomID {
            throw UsageError("--invite \(path): it is to \(invite.roomID), not to \(id)")
        }
        guard let room = try? reference ?? RoomReference(parsing: invite.roomID.text) else {
            throw UsageError("--invite \(path): its room id is of no use", status: 65)
        }
        var request = MembershipRequest(room: room, user: user)
        request.invite = invite
        request.takesRoomOfInvite = argument == nil
        return request
    }

    /// A request's body has the event in `event` or in `pdus`, as the second of a pair in version 1 of the interface.
    private static func checkKind(_ value: JSON) throws(FileFault) {
        let whole = value.array.flatMap { $0.count == 2 ? $0[1] : nil } ?? value
        if let fault = FileFault(whole, isNo: "invite", without: ["event", "pdus", "type"]) { throw fault }
    }

    private static func read(_ path: String, _ user: UserID) throws -> Invite {
        let value = try InputFile.of("--invite") {
            let value = try InputFile.json(path, limit: largest)
            try InputFile.checking(path) { () throws(FileFault) in try checkKind(value) }
            return value
        }
        do { return try Invite(file: value, for: user) } catch {
            throw UsageError(
                "--invite \(InputFile.name(path)): \(error)",
                hints: error.field == "state_key" ? ["whose invite it is: -u LOCALPART, with -N NAME"] : [], status: 65)
        }
    }
}
