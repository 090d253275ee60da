internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", _superCommandName: Tool.name,
        abstract: "Publish our key over HTTPS, and show who fetches it, until interrupted.",
        discussion: """
            With --await-invite, invites of that user are taken, too: each is checked, signed, and kept in a file of \
            the working directory, for fedjoin join --invite.
            """)

    @Option(
        help: ArgumentHelp(
            "Take invites of this user of ours: @me:name, or its localpart.", valueName: "user"))
    var awaitInvite: String?

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "Publishing our key") var listening: ListenOptions
    @OptionGroup(title: "Network") var network: NetworkOptions

    func run() async throws {
        let file = try IdentityFile(key.own)
        let transport = try network.transport(traces: false)
        defer { transport.shutDown() }
        let server = try OwnServer.start(file.identity, listening.listening, desk: try desk(file.identity, transport)) {
            visit in
            let who = visit.origin.map { "\($0) (\(visit.peer))" } ?? visit.peer
            Process.out(
                Terminal.line(
                    "\(WallClock.iso8601(WallClock.now())) \(who) \(visit.method) \(visit.path) \(visit.status)"))
        }
        defer { server.stop() }
        if let warning = Surroundings.keyLog { Process.err(ClosingLines.line("warning", warning)) }
        let address = server.address.contains(":") ? "[\(server.address)]" : server.address
        Process.err(
            "\(Tool.name): the key \(file.identity.key.id) of \(file.identity.server) is served at \(address):\(server.port)"
        )
        if let limit = network.maxTime?.duration { return try await ContinuousClock().sleep(for: limit) }
        while true { try await ContinuousClock().sleep(for: .seconds(3600)) }
    }

    private func desk(_ identity: Identity, _ transport: CurlTransport) throws -> InviteDesk? {
        guard let awaitInvite else { return nil }
        let user = try UserArgument.parse(awaitInvite, identity.server)
        guard user.server == identity.server else {
            throw UsageError("--await-invite: \(user) is not a user of \(identity.server)")
        }
        let journal = Journal { _ in }
        let reached = Network(
            identity: identity, transport: transport, journal: journal, resolver: network.resolver,
            insecure: network.insecureServers, times: network.times,
            addresses: network.addresses(named: [identity.server]))
        return AwaitedInvites(
            user, arguments: Process.options, certificateIsThrowaway: listening.tlsCert == nil
        ).desk(identity, reached, journal)
    }
}
