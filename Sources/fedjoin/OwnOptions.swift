internal import ArgumentParser
internal import Federation
internal import Matrix

// Who we are, and where our key is published.

struct KeyOptions: ParsableArguments {
    @Option(name: [.customShort("N"), .long], help: .serverName) var serverName: ServerName?
    @Option(help: .signingKey) var signingKey: String?

    var own: OwnKey { OwnKey(serverName: serverName, signingKey: signingKey) }
}

struct IdentityOptions: ParsableArguments {
    @Option(name: [.customShort("N"), .long], help: .serverName) var serverName: ServerName?
    @Option(help: .signingKey) var signingKey: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Our user: @me:name, or its localpart (default: @fedjoin:NAME).", valueName: "user"))
    var user: String?

    var key: OwnKey { OwnKey(serverName: serverName, signingKey: signingKey) }
}

/// Which key is ours, as far as the person says.
struct OwnKey {
    var serverName: ServerName?
    var signingKey: String?
}

struct ServeOptions: ParsableArguments {
    @Flag(help: "Publish our key over HTTPS while the command runs.")
    var serveKeys = false

    @Option(help: .listen) var listen: ListenPlace?
    @Option(help: .tlsCert) var tlsCert: String?
    @Option(help: .tlsKey) var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "How long to stay up at the end, for other residents to fetch our key.", valueName: "seconds"))
    var linger: Int = 5

    var isServing: Bool { serveKeys || listen != nil }
    var listening: Listening { Listening(place: listen?.place, certificate: tlsCert, key: tlsKey) }

    func validate() throws {
        try listening.check()
        guard (0...3600).contains(linger) else { throw ValidationError("--linger takes 0 to 3600 seconds") }
        guard isServing || tlsCert == nil else {
            throw ValidationError("--tls-cert and --tls-key are of use with --serve-keys or --listen alone")
        }
    }
}

struct ListenOptions: ParsableArguments {
    @Option(help: .listen) var listen: ListenPlace?
    @Option(help: .tlsCert) var tlsCert: String?
    @Option(help: .tlsKey) var tlsKey: String?

    var listening: Listening { Listening(place: listen?.place, certificate: tlsCert, key: tlsKey) }

    func validate() throws { try listening.check() }
}

/// Where to publish our key and with which certificate, as far as the person says.
struct Listening {
    var place: SocketPlace?
    /// PEM files.
    var certificate: String?
    var key: String?

    func check() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
    }
}
