internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct MakeJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-join", _superCommandName: Tool.name,
        abstract: "Ask for a template of a join, and check it; it goes to stdout as JSON, the transcript to stderr.",
        discussion: "Changes nothing anywhere. The output is what fedjoin sign takes.")

    @Argument(help: ArgumentHelp("The room's id, '!id' with --via, or '!id:server'.", valueName: "roomid"))
    var room: String?

    @OptionGroup(title: "Who we are") var identity: IdentityOptions
    @OptionGroup(title: "The handshake") var servers: ViaOptions
    @OptionGroup(title: "The handshake") var template: TemplateOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let reference = try RoomArgument.parse(room, example: "fedjoin make-join '!id' --via SERVER")
        guard case .id(let roomID) = reference.room else {
            throw UsageError(
                "make-join takes a room id, not an alias",
                hints: [RoomArgument.idHint(reference.text)])
        }
        let file = try IdentityFile(identity.key)
        let user = try UserArgument.parse(identity.user, file.identity.server)
        try UserArgument.check(user, isOf: file.identity)
        var request = MembershipRequest(room: reference, user: user)
        request.via = try RoomArgument.servers(roomID, servers.via + reference.via)
        template.apply(to: &request)
        let asked = request
        try await Look(
            command: "make-join", subject: roomID.text, stages: [.discovery, .makeJoin], identity: file.identity,
            network: network, output: output, named: request.directoryServers, yieldsAnswer: true, key: identity.key
        ).run { network, journal throws(Failure) in
            do throws(End) {
                let template = try await Handshake(asked, network: network, journal: journal).makeJoin(roomID)
                Process.out(JSON.object(template.file).ascii)
            } catch {
                if case .failed(let failure) = error { throw failure }
            }
        }
    }
}

struct SignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", _superCommandName: Tool.name,
        abstract: "Build and sign our join from a template; it goes to stdout as JSON, the transcript to stderr.",
        discussion: """
            FILE is what fedjoin make-join prints, a make_join answer as it came, or a template alone with \
            --room-version; - is standard input. Every field of the template is checked, the event is built anew, and \
            nothing but a join of a user of ours is ever signed. Nobody is asked for anything.
            """)

    @Argument(help: ArgumentHelp("The template, a JSON file.", valueName: "file"))
    var template: String

    @OptionGroup(title: "Who we are") var key: KeyOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Our user, @me:name or its localpart: the template has to be of it (default: the template's).",
            valueName: "user"))
    var user: String?

    @OptionGroup(title: "The handshake") var servers: ViaOptions
    @OptionGroup(title: "The handshake") var content: ContentOptions
    @OptionGroup(title: "The saved answer") var version: RoomVersionOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let file = try IdentityFile(key.own)
        let saved = try InputFile.reading(template) { value throws(FileFault) in
            try TemplateFile(parsing: value, version: version.roomVersion?.version)
        }
        let user = try self.user.map { try UserArgument.parse($0, file.identity.server) } ?? saved.user
        guard self.user != nil || user.server == file.identity.server else {
            throw InputFile.unusable(template, "it is for \(user), no user of \(file.identity.server)")
        }
        try UserArgument.check(user, isOf: file.identity)
        let journal = try Reporter(output, toErrors: true).journal()
        let shown = Text(InputFile.name(template))
        journal.record(.runStart(.look(journal, "sign", shown, [.sign], file.identity)))
        var failure: Failure?
        do throws(Failure) {
            let signed = try await SignSaved(
                saved, for: user, from: servers.via.first ?? saved.resident, content.content, file.identity, journal
            ).run()
            Process.out(JSON.object(signed.object).ascii)
        } catch { failure = error }
        let end = RunEnd(look: "sign", failure, journal)
        journal.record(.runEnd(end))
        throw ExitCode(Int32(end.exit))
    }
}

struct SendJoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-join", _superCommandName: Tool.name,
        abstract: "Send a join that was signed; the room's state goes to stdout as it came, the transcript to stderr.",
        discussion: """
            FILE is what fedjoin sign prints, or an event alone with --room-version and --via; - is standard input. \
            What is not our own join, rightly hashed and signed, is not sent. The same bytes go out however often it \
            is sent, so that a join of which no answer came can be sent again. The answer is what fedjoin verify takes.
            """)

    @Argument(help: ArgumentHelp("The signed event, a JSON file.", valueName: "file"))
    var event: String

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "Publishing our key") var serving: ServeOptions
    @OptionGroup(title: "The handshake") var servers: ViaOptions
    @OptionGroup(title: "The handshake") var sending: SendingOptions
    @OptionGroup(title: "The saved answer") var version: RoomVersionOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        var saved = try SavedRun.event(event)
        let (roomID, user) = try InputFile.checking(event) { () throws(FileFault) in
            try saved.take(version.roomVersion?.version)
            return try saved.subject()
        }
        let name = key.serverName ?? user.server
        guard name == user.server else {
            throw UsageError(
                "the event is one of \(user), no user of \(name)", hints: ["without -N we are whose event it is"])
        }
        let file = try IdentityFile(serverName: name, signingKey: key.signingKey, signer: saved.signer(of: name))
        guard let resident = servers.via.first ?? saved.resident else {
            throw UsageError(
                "the file does not say whom to send it to", hints: ["the server that gave the template: --via SERVER"])
        }
        var request = MembershipRequest(room: try RoomReference(parsing: roomID.text), user: user)
        request.via = [resident]
        request.omitsMembers = sending.omitMembers
        request.checksSelf = !sending.noSelfCheck
        request.isForced = sending.force
        try await Command(
            file: file, key: OwnKey(serverName: name, signingKey: key.signingKey), serving: serving, network: network,
            output: output, yieldsAnswer: true,
            undo: Undo.options(of: user, named: key.serverName != nil)
        ).run("send-join", .sendJoin(saved, to: resident), request, room: event)
    }
}

/// How an event that is signed already is sent.
struct SendingOptions: ParsableArguments {
    @Flag(help: .noSelfCheck) var noSelfCheck = false
    @Flag(help: .force) var force = false
    @Flag(help: .omitMembers) var omitMembers = false
}
