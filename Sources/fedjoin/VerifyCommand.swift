internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", _superCommandName: Tool.name,
        abstract: "Judge a room that was saved: the answer to a send_join, also offline.",
        discussion: """
            ANSWER is a file with the body of the answer, as it came; - is standard input. Or it is a folder with \
            send_join.json in it, where event.json and keys/*.json, if they are there, count as --event and --keys. \
            Servers are asked for their keys and for nothing else; with --offline nobody is asked.
            """)

    @Argument(help: ArgumentHelp("The answer, or the folder that it is in.", valueName: "answer"))
    var answer: String

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "The saved answer") var given: SavedOptions
    @OptionGroup(title: "Judging the room") var keyring: KeyRingOptions
    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let saved = try await SavedAnswer(answer, given, limit: network.maxSize.bytes)
        let (event, resident) = (saved.file?.event, saved.file?.resident)
        let version = given.version.roomVersion?.version ?? saved.file?.version
        var policy = keyring.policy
        policy.isOffline = given.offline
        policy.given = saved.keys
        policy.vouched = saved.vouchedKeys
        let (keys, isStrict) = (policy, keyring.strict)
        let own = try ownIdentity(saved.file)
        try await Look(
            command: "verify", subject: Text(InputFile.name(answer)), stages: [.verify], identity: nil,
            network: network,
            output: output, named: (saved.isEventNamed ? [resident].compactMap { $0 } : []) + keyring.notary
        ).run { network, journal throws(Failure) in
            var network = network
            network.keys = keys
            network.isStrict = isStrict
            try await VerifySaved(
                saved.body, event: event, version: version, resident: resident, own: own, network, journal
            ).run()
        }
    }

    /// Whose event it is, where it was a key of ours that made it: that key need not be published. A key that is of no
    /// use is as none, unless the person names it here.
    private func ownIdentity(_ file: EventFile?) throws -> Identity? {
        guard let file, let name = (try? file.subject())?.user.server, key.serverName ?? name == name else {
            return nil
        }
        do {
            let signer = file.signer(of: name)
            let identity = try IdentityFile(serverName: name, signingKey: key.signingKey, signer: signer).identity
            return file.isMade(by: identity) ? identity : nil
        } catch {
            if CommandLine.arguments.contains(where: { $0.hasPrefix("--signing-key") }) { throw error }
            return nil
        }
    }
}

/// What belongs to an answer that was saved.
struct SavedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The join that was answered, as it was sent, a JSON file; without it the checks of the join are left out.",
            valueName: "file"))
    var event: String?

    @OptionGroup var version: RoomVersionOptions

    @Option(
        help: ArgumentHelp(
            "Keys of servers, a JSON file {\"server_keys\": […]} as notaries answer; can be given several times.",
            valueName: "file"))
    var keys: [String] = []

    @Flag(help: "Ask nobody for keys: those of --keys have to do.")
    var offline = false
}

/// Whose keys verify a room, and how strictly it is judged.
struct KeyRingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A server to ask for keys that their owners do not give, and to trust in it; can be given several times.",
            valueName: "server"))
    var notary: [ServerName] = []

    @Flag(help: "Ask nobody for the keys of others, also not the server that we join through.")
    var noNotary = false

    @Option(help: ArgumentHelp("How many servers at most to ask for their own keys.", valueName: "number"))
    var maxKeyServers = 100

    @Flag(help: "Let a warning about the room count as a failed check.")
    var strict = false

    var policy: KeyPolicy {
        var policy = KeyPolicy()
        policy.mostServers = maxKeyServers
        policy.notaries = notary
        policy.usesNotaries = !noNotary
        return policy
    }

    func validate() throws {
        guard (0...100_000).contains(maxKeyServers) else {
            throw ValidationError("--max-key-servers takes 0 to 100000")
        }
        guard !noNotary || notary.isEmpty else { throw ValidationError("--notary does not go with --no-notary") }
    }
}
