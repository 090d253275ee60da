internal import ArgumentParser
internal import Federation
internal import Matrix
internal import Reporting
internal import Sandbox

struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", _superCommandName: Tool.name,
        abstract: "Run the embedded homeserver, with rooms that work and rooms that fail, until interrupted.",
        discussion: """
            For rehearsals from another shell: it lists its rooms with the exit status that a join of each has, and \
            prints every request that it gets. It fetches the keys of joiners whose name is on loopback, without \
            verifying their certificates, and of nobody else: nothing leaves this machine.
            """)

    @Option(
        help: ArgumentHelp(
            "Where to write its certificate authority, for --cacert; a file that is there is replaced (default: a new "
                + "temporary file).", valueName: "file"))
    var caFile: String?

    @Option(
        name: [.customShort("N"), .long],
        help: ArgumentHelp(
            "Its server name, to rehearse how a name leads to a server (default: the address that it listens at).",
            valueName: "name"))
    var serverName: ServerName?

    /// The name that the lines to copy give to the joiner.
    private static let joiner = "127.0.0.1:8449"

    func run() async throws {
        let authority = try Authority.make()
        let path = try keep(authority)
        let transport = CurlTransport(CurlTransport.Settings())
        defer { transport.shutDown() }
        let certificate = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: authority)
        let keys = FetchedKeys(transport, of: .loopback)
        let resident = try Resident(name: serverName, certificate: certificate, keys: keys.keys) {
            Process.out(Self.line($0))
        }
        defer { resident.stop() }
        for line in Self.opening(resident, path) { Process.out(line.isEmpty ? line : "=== \(line)") }
        while true { try await ContinuousClock().sleep(for: .seconds(3600)) }
    }

    private func keep(_ authority: Authority) throws -> String {
        let folder = Process.environment("TMPDIR") ?? "/tmp"
        let path = caFile ?? "\(folder)/\(Tool.name)-sandbox-\(RandomText.make(8)).pem"
        do { try SystemFile.save(authority.certificatePEM, to: path, replaces: caFile != nil) } catch {
            throw UsageError("--ca-file \(error.description)", status: 73)
        }
        return path
    }

    private static func opening(_ resident: Resident, _ path: String) -> [String] {
        let options = "-N \(joiner) --signing-key joiner.key"
        let join = "fedjoin join \(options) --listen \(joiner) --linger 0 --cacert \(Shell.quoted(path))"
        let rooms = Resident.aliases.map { room in
            let name = "#\(room.name):\(resident.name)"
            return "  \(name)\(padding(name, 48)) \(room.exit)\(padding("\(room.exit)", 3)) \(room.what)"
        }
        let place = "127.0.0.1:\(resident.port)"
        let named = resident.name.text == Text(place) ? [] : ["it listens at \(place), and its name has to lead there"]
        return ["\(Tool.name) \(Tool.version): sandbox \(resident.name)"] + named + [
            "certificate authority: \(path)",
            "certificates of joiners are not verified; only keys of names on loopback are fetched",
            "to join, from another shell; the first line once:",
            "  fedjoin key generate \(options)",
            "  \(join) '#v12:\(resident.name)'",
            "rooms, with the exit status of a join:",
        ] + rooms + ["requests:"]
    }

    private static func padding(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count))
    }

    private static func line(_ visit: KeyServer.Visit) -> String {
        let who = visit.origin.map { "\($0)" } ?? visit.peer
        let path = PercentEncoding.decode(Substring(visit.path.string).utf8) ?? visit.path
        return Terminal.line("\(WallClock.iso8601(WallClock.now())) \(who) \(visit.method) \(path) \(visit.status)")
    }
}
