package import Federation
package import Matrix

/// How a run reaches other servers: what all stages share of transport, discovery and limits.
package struct Network: Sendable {
    /// Whose certificates need not be right.
    package enum Insecure: Sendable, Hashable {
        case servers([ServerName])
        case every

        package func covers(_ server: ServerName) -> Bool {
            switch self {
            case .servers(let servers): servers.contains(server)
            case .every: true
            }
        }

        package var names: [Text] {
            switch self {
            case .servers(let servers): servers.map(\.text)
            case .every: ["*"]
            }
        }
    }

    package struct Times: Sendable, Hashable {
        package var connect: Duration = .seconds(10)
        /// One request; nil for the defaults: 10 seconds, and 20 for templates.
        package var request: Duration?

        package init() {}
    }

    package let identity: Identity
    private let transport: any Transport
    private let resolver: HostResolver
    private let insecure: Insecure
    private let times: Times
    package let maximumAnswer: Int

    package init(
        identity: Identity, transport: any Transport, journal: Journal, resolver: HostResolver = .system,
        insecure: Insecure = .servers([]), times: Times = Times(), maximumAnswer: Int = 512 << 20
    ) {
        self.identity = identity
        self.transport = RecordingTransport(transport, journal: journal)
        self.resolver = resolver
        self.insecure = insecure
        self.times = times
        self.maximumAnswer = maximumAnswer
    }

    func resolve(_ server: ServerName, _ journal: Journal) async throws(Discovery.Failure) -> Destination {
        let discovery = Discovery(transport: transport, resolver: resolver) { !insecure.covers($0) }
        let destination = try await discovery.resolve(server, notice: journal.notice)
        journal.record(.resolved(journal.stage, destination))
        return destination
    }

    func remote(_ destination: Destination) -> Remote {
        Remote(
            destination, identity: identity, transport: transport,
            verifiesPeer: !insecure.covers(destination.server))
    }

    /// Limits of a request whose answer is small.
    func limits(_ body: Int, seconds: Int = 10) -> Limits {
        Limits(bodyBytes: body, connect: times.connect, total: times.request ?? .seconds(seconds))
    }

    /// Limits of send_join: long to wait for the first byte, and then as long as there is progress.
    var answerLimits: Limits {
        Limits(
            bodyBytes: maximumAnswer, connect: times.connect, total: times.request, firstByte: .seconds(180),
            stall: .seconds(30))
    }
}
