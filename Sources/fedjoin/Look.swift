internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

/// A run of a command that only looks: its records begin and end as a join's do.
struct Look {
    let command: String
    /// What it looks at.
    let subject: Text
    let stages: [Stage]
    /// Who signs; nil for nobody.
    let identity: Identity?
    let network: NetworkOptions
    let output: OutputOptions
    var named: [ServerName] = []
    /// Whether stdout is for the answer, and the transcript goes to stderr.
    var yieldsAnswer = false
    /// What named our key; nil where nothing is signed.
    var key: OwnKey?
    /// Where our key is published meanwhile; nil where it is not.
    var listening: Listening?

    func run(
        _ work: @escaping @Sendable (Network, Journal) async throws(Failure) -> Void
    ) async throws {
        let signer = try identity ?? .nobody()
        let transport = try network.transport(output)
        defer { transport.shutDown() }
        let journal = try Reporter(output, toErrors: yieldsAnswer).journal()
        let server = try start(journal)
        defer { server?.stop() }
        begin(journal)
        let addresses = network.addresses(named: named)
        Surroundings.tell(addresses.routes, journal)
        let shared = Network(
            identity: signer, transport: transport, journal: journal, resolver: network.resolver,
            insecure: insecure, times: network.times, addresses: addresses, retries: Retries(most: network.retry))
        let failure: Failure? = await TimeLimit.within(network.maxTime?.duration) {
            do throws(Failure) { try await work(shared, journal) } catch { return error }
            return nil
        } stopped: { why, failure in
            failure?.stopped(why, journal)
        }
        Signals.release()
        let exit = failure?.exit ?? 0
        journal.record(.runEnd(RunEnd(look: command, Copyable(network, key).completed(failure), journal)))
        throw ExitCode(Int32(exit))
    }

    /// Our own certificate, where we just made it, is the one that we need not verify.
    private var insecure: Network.Insecure {
        guard isThrowaway, let identity, case .servers(let servers) = network.insecureServers else {
            return network.insecureServers
        }
        return .servers(servers + [identity.server])
    }

    private var isThrowaway: Bool { listening.map { $0.certificate == nil } ?? false }

    private func start(_ journal: Journal) throws -> KeyServer? {
        guard let listening, let identity else { return nil }
        return try OwnServer.start(identity, listening) { journal.visit($0) }
    }

    private func begin(_ journal: Journal) {
        journal.record(.runStart(.look(journal, command, subject, stages, identity, insecure: insecure.names)))
    }
}

extension RunStart {
    /// Of a command that only looks.
    static func look(
        _ journal: Journal, _ command: String, _ subject: Text, _ stages: [Stage], _ identity: Identity?,
        insecure: [Text] = []
    ) -> RunStart {
        RunStart(
            journal, command: command, room: subject, user: "", identity: identity, keyPath: nil, stages: stages,
            insecure: insecure)
    }
}

extension RunEnd {
    init(look command: String, _ failure: Failure?, _ journal: Journal) {
        self.init(
            exit: failure?.exit ?? 0, failure: failure, stoppedAfter: nil, facts: journal.facts, command: command,
            user: "", milliseconds: journal.milliseconds)
    }
}

extension Identity {
    /// Nobody's, for requests that are not signed.
    static func nobody() throws -> Identity {
        guard let id = KeyID("ed25519:none"), let key = SigningKey(id: id, seed: RandomText.seed()),
            let name = ServerName("localhost")
        else { throw UsageError("no memory for a key", status: 70) }
        return Identity(server: name, key: key)
    }
}

struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", _superCommandName: Tool.name,
        abstract: "Show where a server name leads, rule by rule, and what answers at each address.")

    @Argument(help: ArgumentHelp("The server's name.", valueName: "server"))
    var server: ServerName

    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let server = server
        try await Look(
            command: "resolve", subject: server.text, stages: [.discovery], identity: nil, network: network,
            output: output, named: [server]
        ).run { network, journal throws(Failure) in try await ServerProbe(server, network, journal).run() }
    }
}

struct SelfCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self", _superCommandName: Tool.name,
        abstract: "Show whether other servers can find us and fetch our key.")

    @Option(help: ArgumentHelp("A server to ask for our key, the view from outside; repeatable.", valueName: "server"))
    var notary: [ServerName] = []

    @Flag(help: "Publish our key over HTTPS while the command runs.")
    var serveKeys = false

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "Publishing our key") var listening: ListenOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let file = try IdentityFile(key.own)
        let own = file.identity.server
        guard let room = try? RoomReference(parsing: Text("!self:\(own)")) else {
            throw UsageError("no name", status: 70)
        }
        var request = MembershipRequest(room: room, user: try UserArgument.parse(nil, own))
        // Looking changes nothing, so a homeserver under our name is no obstacle.
        request.stopAfter = .identity
        let isServing = serveKeys || listening.listen != nil
        request.servesThrowawayCertificate = isServing && listening.tlsCert == nil
        let (asked, notaries) = (request, notary)
        try await Look(
            command: "self", subject: own.text, stages: [.identity], identity: file.identity, network: network,
            output: output, named: [own] + notary, key: key.own,
            listening: isServing ? listening.listening : nil
        ).run { network, journal throws(Failure) in
            try await SelfView(asked, network, journal).run(notaries: notaries)
        }
    }
}
