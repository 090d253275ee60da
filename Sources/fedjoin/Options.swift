internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

// Each group, also one in another, takes the parser four searches through all conformances that the program has: so those
// of a join are few and hold options alone. The help of options that several groups have is below.

struct ViaOptions: ParsableArguments {
    @Option(help: .via) var via: [ServerName] = []
}

/// What the room sees beside the membership.
struct ContentOptions: ParsableArguments {
    @Option(help: .displayName) var displayName: String?
    @Option(help: .reason) var reason: String?

    var content: MembershipEvent.Content {
        MembershipEvent.Content(displayName: displayName.map { Text($0) }, reason: reason.map { Text($0) })
    }
}

// Of single options that several groups or commands have.
extension ArgumentHelp {
    static let serverName = ArgumentHelp("Our server name.", valueName: "name")
    static let signingKey = ArgumentHelp(
        "Our signing key, a file as Synapse or Dendrite writes it (default: the one made by key generate).",
        valueName: "file")
    static let listen = ArgumentHelp(
        "Where to publish it, an address and a port (default: [::] and our name's port, or 8448).",
        valueName: "addr:port")
    static let tlsCert = ArgumentHelp(
        "The certificate to publish it with, a PEM file with its chain.", valueName: "file")
    static let tlsKey = ArgumentHelp("The certificate's private key, a PEM file.", valueName: "file")
    static let roomVersions = ArgumentHelp(
        "Room versions to offer, separated by commas (default: all, 1 to 12; for a knock, 7 to 12).",
        valueName: "list")
    static let mostCandidates = ArgumentHelp("How many servers to ask for a template.", valueName: "number")
    static let via = ArgumentHelp("A server to go through; can be given several times.", valueName: "server")
    static let invite = ArgumentHelp(
        "The invite that we have to the room: the event, or a request's body with it, as JSON; - for standard input.",
        valueName: "file")
    static let displayName = ArgumentHelp("The display name to join or knock with.", valueName: "text")
    static let reason = ArgumentHelp("Why, for the room to see.", valueName: "text")
    static let omitMembers: ArgumentHelp =
        "Let the resident leave members out of its answer: faster for large rooms."
    static let noSelfCheck: ArgumentHelp =
        "Do not look first how our own name looks from outside: at our key, and for a homeserver that runs there."
    static let force: ArgumentHelp = "Go on under the name of a server that answers as a running homeserver."
}

struct RoomVersionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The room's version, 1 to 12 (default: what the file says; of an answer, what its create event says).",
            valueName: "version"))
    var roomVersion: RoomVersionArgument?
}

struct FlowOptions: ParsableArguments {
    @Option(help: .via) var via: [ServerName] = []

    @Option(
        help: ArgumentHelp(
            "Stop after this stage, one that the command has: the run numbers them.", valueName: "stage"))
    var stopAfter: Stage?

    @Flag(name: [.customShort("n"), .long], help: "Change nothing anywhere: stop before the event is sent.")
    var dryRun = false

    @Flag(help: .noSelfCheck) var noSelfCheck = false
    @Flag(help: .force) var force = false
    @Option(help: .reason) var reason: String?

    @Option(help: ArgumentHelp("Keep the whole run in this folder, a new or an empty one.", valueName: "dir"))
    var save: String?

    func validate() throws {
        if dryRun, let stopAfter, stopAfter != .sign {
            throw ValidationError("--dry-run means --stop-after sign: give one of them")
        }
    }

    /// A stage that the command does not have would never stop it.
    func check(_ stages: [Stage], of command: String) throws {
        guard let stopAfter, !stages.contains(stopAfter) else { return }
        let names = stages.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("a \(command) has no stage \(stopAfter.rawValue): it has \(names)")
    }

    func apply(to request: inout MembershipRequest) {
        request.via = via
        request.stopAfter = dryRun ? .sign : stopAfter
        request.checksSelf = !noSelfCheck
        request.isForced = force
        request.content.reason = reason.map { Text($0) }
    }
}

struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Certificate authorities to trust in place of the system's, a PEM file.", valueName: "file"))
    var cacert: String?

    @Flag(help: "Do not verify any server's certificate. Loud in every report.")
    var insecure = false

    @Option(
        help: ArgumentHelp("Do not verify this server's certificate; can be given several times.", valueName: "server"))
    var insecureFor: [ServerName] = []

    // Which way connections go, in curl's words.
    @Flag(name: .customShort("4"), help: "Connect to IPv4 addresses only.")
    var isIPv4 = false

    @Flag(name: .customShort("6"), help: "Connect to IPv6 addresses only.")
    var isIPv6 = false

    @Option(help: ArgumentHelp("Take this address for that host and port; repeatable.", valueName: "host:port:addr"))
    var resolve: [PinArgument] = []

    @Option(
        help: ArgumentHelp(
            "Connect to the second host and port in place of the first; repeatable.", valueName: "h1:p1:h2:p2"))
    var connectTo: [DetourArgument] = []

    @Option(help: ArgumentHelp("Ask this name server for everything.", valueName: "addr[:port]"))
    var dnsServer: NameServerArgument?

    @Option(
        name: [.customShort("x"), .long],
        help: ArgumentHelp("Go through this proxy (default: https_proxy and NO_PROXY).", valueName: "url"))
    var proxy: String?

    @Option(
        help: ArgumentHelp(
            "Addresses that a remote may lead us to beside public ones: loopback, private or a range; repeatable.",
            valueName: "cidr"))
    var allowAddress: [RangeArgument] = []

    @Option(help: ArgumentHelp("How long a connection may take to stand, TLS included.", valueName: "seconds"))
    var connectTimeout = Seconds.ten

    @Option(
        help: ArgumentHelp(
            "How long one request may take (default: 10, 20 for templates; send_join waits 180).", valueName: "seconds")
    )
    var requestTimeout: Seconds?

    @Option(
        help: ArgumentHelp(
            "How often to try again after 429, 5xx or a fault of the connection.", valueName: "number"))
    var retry = 0

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("How long the whole run may take, but for --linger.", valueName: "seconds"))
    var maxTime: Seconds?

    @Option(name: [.customShort("A"), .long], help: ArgumentHelp("The User-Agent header.", valueName: "text"))
    var userAgent = "\(Tool.name)/\(Tool.version)"

    @Option(help: ArgumentHelp("How large the answer to send_join may be.", valueName: "bytes"))
    var maxSize = ByteCount.half

    @Flag(name: .customShort("k"), help: .hidden)
    var ambiguous = false

    func validate() throws {
        try checkAddresses()
        if ambiguous {
            throw ValidationError("-k is not taken: it means --insecure in curl and --signing-key elsewhere")
        }
        guard (0...100).contains(retry) else { throw ValidationError("--retry takes 0 to 100") }
        guard userAgent.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw ValidationError("--user-agent takes printable ASCII")
        }
    }

    /// What all requests of a run go through.
    func transport(_ output: OutputOptions) throws -> CurlTransport { try transport(traces: output.verbose > 2) }

    func transport(traces: Bool) throws -> CurlTransport {
        if let cacert { try InputFile.checkCertificates(cacert, "--cacert") }
        var settings = CurlTransport.Settings(caFile: cacert, userAgent: userAgent)
        settings.traces = traces
        return CurlTransport(settings)
    }

    var insecureServers: Network.Insecure { insecure ? .every : .servers(insecureFor) }

    var times: Network.Times {
        var times = Network.Times()
        times.connect = connectTimeout.duration
        times.request = requestTimeout?.duration
        return times
    }
}

extension Seconds {
    fileprivate static let ten = Seconds(duration: .seconds(10))
    private init(duration: Duration) { self.duration = duration }
    var defaultValueDescription: String { "\(duration.components.seconds)" }
}

extension ByteCount {
    fileprivate static let half = ByteCount(bytes: 512 << 20)
    private init(bytes: Int) { self.bytes = bytes }
    var defaultValueDescription: String { "512M" }
}

struct OutputOptions: ParsableArguments {
    @Flag(
        name: [.short, .long],
        help: "Say more: heads, certificates, times; twice: bodies, and why; thrice: libcurl's own words.")
    var verbose: Int

    @Flag(name: [.short, .long], help: "Say nothing of a success, and all of a failure; twice: nothing at all.")
    var quiet: Int

    @Option(name: [.short, .long], help: ArgumentHelp("How to report: text, json or ndjson.", valueName: "format"))
    var output = OutputFormat.text

    @Option(help: ArgumentHelp("Write a JUnit report of the stages to this file, too.", valueName: "file"))
    var reportJunit: String?

    @Option(help: ArgumentHelp("Write the requests to this file, too, as a HTTP Archive (HAR).", valueName: "file"))
    var har: String?

    @Flag(help: "Leave the signatures of our requests in reports: whoever reads one can repeat that request.")
    var showSecrets = false

    @Option(help: ArgumentHelp("Whether to colour the transcript: auto, always or never.", valueName: "when"))
    var color = ColorChoice.auto

    func validate() throws {
        guard verbose <= 3, quiet <= 2 else { throw ValidationError("-v counts up to three, -q up to two") }
        guard reportJunit == nil || reportJunit != har else {
            throw ValidationError("--report-junit and --har take a file each")
        }
    }

    /// What a run's records are to have.
    func journalOptions() throws -> JournalOptions {
        var options = JournalOptions()
        options.explains = verbose > 1
        options.showsSecrets = showSecrets
        options.tellsWaiting = quiet == 0 && Process.hasTerminal
        options.fixedTime = try Surroundings.fixedTime()
        return options
    }
}
