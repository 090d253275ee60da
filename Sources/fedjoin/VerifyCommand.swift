internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge an answer to send_join that was saved, also offline.",
        discussion: """
            ANSWER is the body of an answer to send_join, as it came, in a file; - for standard input; or a folder \
            with send_join.json, event.json and keys in it. Without --event the checks of the join itself are left out.
            """)

    @Argument(help: ArgumentHelp("The answer.", valueName: "answer"))
    var answer: String

    @Option(help: ArgumentHelp("The join that it answers, as it was sent; a JSON file.", valueName: "file"))
    var event: String?

    @Option(help: ArgumentHelp("The room's version (default: as the create event says).", valueName: "version"))
    var roomVersion: String?

    @Option(
        help: ArgumentHelp(
            "Keys of servers, {\"server_keys\": […]} as notaries answer; can be given several times.", valueName: "file"
        ))
    var keys: [String] = []

    @Flag(help: "Ask nobody for keys.")
    var offline = false

    @OptionGroup(title: "Keys") var keyring: KeyRingOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let saved = try SavedAnswer(answer, event: event, keys: keys, limit: network.maxSize.bytes)
        let version = try saved.version(roomVersion)
        var policy = keyring.policy
        policy.isOffline = offline
        policy.given = saved.keys
        let (keys, isStrict) = (policy, keyring.strict)
        try await Look(
            command: "verify", subject: Text(answer), stages: [.verify], identity: nil, network: network,
            output: output, named: [saved.resident].compactMap { $0 } + keyring.notary
        ).run { network, journal throws(Failure) in
            var network = network
            network.keys = keys
            network.isStrict = isStrict
            try await VerifySaved(
                saved.body, event: saved.event, version: version, resident: saved.resident, network, journal
            ).run()
        }
    }
}

/// Whose keys verify a room, and how strictly it is judged.
struct KeyRingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A server that is trusted for the keys of others; can be given several times.", valueName: "server"))
    var notary: [ServerName] = []

    @Flag(help: "Ask no server for the keys of another.")
    var noNotary = false

    @Option(help: ArgumentHelp("How many servers to ask for their own keys at most.", valueName: "number"))
    var maxKeyServers = 100

    @Flag(help: "Count a warning as a failed check.")
    var strict = false

    var policy: KeyPolicy {
        var policy = KeyPolicy()
        policy.mostServers = maxKeyServers
        policy.notaries = notary
        policy.usesNotaries = !noNotary
        return policy
    }

    func validate() throws {
        guard (0...100_000).contains(maxKeyServers) else { throw ValidationError("--max-key-servers takes 0 to 100000") }
        guard !noNotary || notary.isEmpty else { throw ValidationError("--notary does not go with --no-notary") }
    }
}
