internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix
internal import Sandbox

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", _superCommandName: Tool.name,
        abstract: "Show a whole join against an embedded homeserver: no network, no account.",
        discussion: """
            Starts a resident homeserver on loopback, makes a throw-away identity and joins a room there over real TLS.
            With --room it shows what a failure looks like, such as invite, limited or lie-sender; fedjoin sandbox lists
            them all.
            """)

    @Option(help: ArgumentHelp("Which of its rooms; fedjoin sandbox lists them.", valueName: "alias"))
    var room = "v12"

    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let room = room.hasPrefix("#") ? String(room.dropFirst()) : room
        guard Resident.aliases.contains(where: { $0.name == room }) else {
            throw UsageError(
                "\(Quoting.quoted(Text(room))) is no room of the sandbox", hints: ["fedjoin sandbox lists them"])
        }
        let authority = try Authority.make()
        let journal = try Reporter(output).journal()
        var settings = CurlTransport.Settings(caPEM: authority.certificatePEM)
        settings.traces = output.verbose > 2
        let transport = CurlTransport(settings)
        defer { transport.shutDown() }
        let fetched = FetchedKeys(transport)
        let certificate = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: authority)
        let resident = try Resident(certificate: certificate, keys: fetched.keys)
        defer { resident.stop() }
        let reference = try RoomReference(parsing: Text("#\(room):\(resident.name)"))
        let server = try Self.keyServer(authority, journal)
        defer { server.stop() }
        throw ExitCode(try await Self.join(reference, server.identity, transport, journal))
    }

    /// A throw-away key, under a name that is where our own key server listens.
    private static func keyServer(_ authority: Authority, _ journal: Journal) throws -> KeyServer {
        guard let id = KeyID(Text("ed25519:a_\(RandomText.make(6))")),
            let key = SigningKey(id: id, seed: RandomText.seed()), let loopback = ServerName("127.0.0.1")
        else { throw UsageError("no memory for a key", status: 70) }
        let certificate = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: authority)
        return try KeyServer(
            listen: SocketPlace(address: "127.0.0.1", port: 0), certificate: certificate,
            notice: { journal.visit($0) },
            identity: { port in Identity(server: ServerName(Text("127.0.0.1:\(port)")) ?? loopback, key: key) })
    }

    private static func join(
        _ room: RoomReference, _ identity: Identity, _ transport: CurlTransport, _ journal: Journal
    ) async throws -> Int32 {
        let user = try UserArgument.parse(nil, identity.server)
        var request = MembershipRequest(room: room, user: user)
        var addresses = Network.Addresses()
        addresses.named = request.directoryServers
        request.content.displayName = "fedjoin demo"
        return await Run(
            command: "demo", action: .join(leavesAfter: false), request: request, identity: identity, keyPath: nil,
            transport: transport, resolver: .system, addresses: addresses, insecure: .servers([]),
            times: Network.Times(), maximumAnswer: 1 << 20,
            maximumTime: .seconds(60), linger: nil
        ).perform(journal)
    }
}
