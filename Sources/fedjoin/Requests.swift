internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

struct Directory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "directory", _superCommandName: Tool.name,
        abstract: "Ask for an alias: its room id and servers, as JSON; the transcript goes to stderr.")

    @Argument(help: ArgumentHelp("The alias, '#alias:server'.", valueName: "alias"))
    var alias: String?

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let reference = try RoomArgument.parse(alias, example: "fedjoin directory '#alias:server'")
        guard case .alias(let alias) = reference.room else {
            throw UsageError("directory takes an alias, not a room id")
        }
        let target = RequestTarget("/_matrix/federation/v1/query/directory", query: [("room_alias", alias.text)])
        try await SignedRequest(
            command: "directory", subject: alias.text, server: alias.server, key: key.own, network: network,
            output: output
        ).send(.get, target, body: nil, as: .directory)
    }
}

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", _superCommandName: Tool.name,
        abstract: "Send one signed federation request; the answer's body goes to stdout.",
        discussion: """
            PATH is sent as it is given, percent-encoding and query included. Anything but GET may change something at
            the other server.
            """)

    @Argument(help: ArgumentHelp("GET, PUT or POST.", valueName: "method"))
    var method: String

    @Argument(help: ArgumentHelp("The server's name.", valueName: "server"))
    var server: ServerName

    @Argument(help: ArgumentHelp("The path, beginning with /_matrix/.", valueName: "path"))
    var path: String

    @Option(help: ArgumentHelp("A JSON object to send, a file; - for standard input.", valueName: "file"))
    var body: String?

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        guard let method = Request.Method(rawValue: method.uppercased()) else {
            throw UsageError("\(Quoting.quoted(Text(method))) is no method: GET, PUT or POST", hints: [Self.example])
        }
        guard let target = RequestTarget(typed: Text(path)) else {
            throw UsageError("a path begins with /_matrix/ and is percent-encoded ASCII", hints: [Self.example])
        }
        try await SignedRequest(
            command: "request", subject: target.readable, server: server, key: key.own, network: network, output: output
        ).send(method, target, body: try document(), as: .request)
    }

    private static let example = "fedjoin request GET example.org /_matrix/federation/v1/version"

    private func document() throws -> JSON.Object? {
        guard let body else { return nil }
        let value = try InputFile.of("--body") { try InputFile.json(body) }
        guard let object = value.object else { throw UsageError("--body is no JSON object", status: 65) }
        do { _ = try CanonicalJSON(object) } catch {
            throw UsageError("--body cannot be signed: \(error)", status: 65)
        }
        return object
    }
}

/// What both share: who signs, and an answer that goes to stdout.
private struct SignedRequest {
    let command: String
    let subject: Text
    let server: ServerName
    let key: OwnKey
    let network: NetworkOptions
    let output: OutputOptions

    func send(_ method: Request.Method, _ target: RequestTarget, body: JSON.Object?, as stage: Stage) async throws {
        let server = server
        try await Look(
            command: command, subject: subject, stages: [.discovery, stage],
            identity: try IdentityFile(key).identity, network: network, output: output, named: [server],
            yieldsAnswer: true, key: key
        ).run { network, journal throws(Failure) in
            let answer = try await Ask(server, network, journal).send(method, target, body: body, as: stage)
            Process.out(JSONReport.ascii(answer))
        }
    }
}
