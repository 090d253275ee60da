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

    /// Where connections may go, and which way.
    package struct Addresses: Sendable {
        /// What the person named, by host: it may be at any address.
        package var named: [ServerName] = []
        package var allowed: [AddressRange] = []
        package var routes = Routes()

        package init() {}

        package func names(_ server: ServerName) -> Bool { named.contains { $0.host == server.host } }
    }

    package struct Times: Sendable, Hashable {
        package var connect: Duration = .seconds(10)
        /// One request; nil for the defaults: 10 seconds, and 20 for templates.
        package var request: Duration?
        /// After these it is asked again whether a join took place that nothing was heard of.
        package var outcome: [Duration] = [.seconds(1), .seconds(3)]

        package init() {}
    }

    package let identity: Identity
    private let transport: any Transport
    /// The same without looking up names and following redirects: for requests to one address.
    private let direct: RecordingTransport
    private let resolver: HostResolver
    private let insecure: Insecure
    private let times: Times
    package let maximumAnswer: Int
    let retries: Retries
    private let addresses: Addresses
    /// Whom to ask for the keys of those who signed a room.
    package var keys = KeyPolicy()
    /// Whether a warning counts as a failed check.
    package var isStrict = false
    /// Where the run is kept; nil for nowhere.
    package var folder: RunFolder?

    package init(
        identity: Identity, transport: any Transport, journal: Journal, resolver: HostResolver = .system,
        insecure: Insecure = .servers([]), times: Times = Times(), maximumAnswer: Int = 512 << 20,
        addresses: Addresses = Addresses(), retries: Retries = Retries()
    ) {
        self.retries = retries
        self.identity = identity
        let resolver = resolver.timed(by: journal).remembering()
        let recording = RecordingTransport(transport, journal: journal)
        direct = recording
        let routing = RoutingTransport(recording, resolver: resolver, routes: addresses.routes)
        self.transport = FollowingTransport(routing)
        self.addresses = addresses
        self.resolver = resolver
        self.insecure = insecure
        self.times = times
        self.maximumAnswer = maximumAnswer
    }

    /// Finds a server. `leader` is the remote, as a clause, that named it; nil for what the person named.
    func resolve(
        _ server: ServerName, ledBy leader: String? = nil, _ journal: Journal
    ) async throws(Discovery.Failure) -> Destination {
        let destination = try await discovery.resolve(
            server, policy: policy(of: server, leader), notice: journal.notice)
        journal.record(.resolved(journal.stage, destination))
        return destination
    }

    package var discovery: Discovery {
        let (insecure, addresses) = (insecure, addresses)
        return Discovery(
            transport: transport, resolver: resolver, isVerified: { !insecure.covers($0) },
            isNamed: { addresses.names($0) }, looksUp: { addresses.routes.proxy(for: $0) == nil })
    }

    package func policy(of server: ServerName, _ leader: String?) -> AddressPolicy {
        guard let leader, !addresses.names(server) else {
            return AddressPolicy(scope: .anywhere, allowed: addresses.allowed)
        }
        return AddressPolicy(scope: .ledBy(leader), allowed: addresses.allowed)
    }

    var waitsForOutcome: [Duration] { times.outcome }

    func remote(_ destination: Destination) -> Remote {
        Remote(
            destination, identity: identity, transport: transport,
            verifiesPeer: !insecure.covers(destination.server))
    }

    /// The places of a destination as the person's routes have them, first to last.
    func places(of destination: Destination) -> [Request.Place] {
        addresses.routes.detour(ofHost: destination.certificateHost, port: destination.port).map { [$0] }
            ?? destination.places
    }

    /// What an address is missing where the person wants one family alone: `IPv6 address, and -6 was given`.
    var missingFamily: String? { addresses.routes.missingFamily }

    /// Whether the person wants an address's family.
    func wants(_ address: Text) -> Bool { addresses.routes.wants(address) }

    /// The addresses of a destination's place, in the order to try them; its own where it is one, or where a proxy looks
    /// it up.
    func addresses(
        of place: Request.Place, _ destination: Destination, _ journal: Journal
    ) async throws(Discovery.Failure) -> [Text] {
        let host = Text(place.host)
        let pinned = addresses.routes.pinned(place)
        if !pinned.isEmpty { return pinned }
        if let address = IPAddress(host) { return [Text(address.description)] }
        if addresses.routes.proxy(for: destination.certificateHost) != nil { return [host] }
        try Discovery.checkIsName(host)
        let found = await resolver.addresses(host)
        journal.notice(.addresses(host, found))
        switch found {
        case .success(let addresses): return addresses
        case .failure(let error):
            throw Discovery.Failure(host: host, description: error.description, isTimeout: error.isTimeout)
        }
    }

    /// What a server says of itself at one address, which anybody may ask, over a connection of its own.
    func version(
        of destination: Destination, at place: Request.Place, verifies: Bool
    ) async throws(TransportError) -> Response {
        var request = Request(
            .get, "/_matrix/federation/v1/version", host: destination.certificateHost, port: destination.port)
        request.hostHeader = destination.hostHeader
        request.connectTo = place
        request.policy = isRouted(destination, place) ? .anywhere : destination.policy
        request.limits = limits(65_536)
        request.isFresh = true
        request.verifiesPeer = verifies && !insecure.covers(destination.server)
        if let proxy = addresses.routes.proxy(for: request.host) { request = try request.through(proxy, to: place) }
        return try await direct.send(request)
    }

    /// The certificates at a destination, seen by a request for the version that verifies nothing.
    func certificate(of destination: Destination) async -> TLSFacts? {
        var request = Request(
            .get, "/_matrix/federation/v1/version", host: destination.certificateHost, port: destination.port)
        request.hostHeader = destination.hostHeader
        request.connectTo = destination.places.first
        request.policy = destination.policy
        request.limits = limits(65_536)
        request.isFresh = true
        request.verifiesPeer = false
        return try? await transport.send(request).exchange.tls
    }

    /// Whether the person named the way to `address`, so that it may be anywhere.
    private func isRouted(_ destination: Destination, _ address: Request.Place) -> Bool {
        let routes = addresses.routes
        return routes.detour(ofHost: destination.certificateHost, port: destination.port) != nil
            || destination.places.contains { routes.pinned($0).contains(Text(address.host)) }
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
