package import Matrix

/// Which way connections go, as the person has it.
package struct Routes: Sendable {
    /// `--resolve HOST:PORT:ADDR`: this address for that host and port.
    package struct Pin: Sendable, Hashable {
        package let host: String
        package let port: Int
        package let address: String

        package init(host: String, port: Int, address: String) {
            self.host = host
            self.port = port
            self.address = address
        }
    }

    /// `--connect-to HOST1:PORT1:HOST2:PORT2`: there instead; nil stands for any host or port, or for the same.
    package struct Detour: Sendable, Hashable {
        package let fromHost: String?
        package let fromPort: Int?
        package let toHost: String?
        package let toPort: Int?

        package init(fromHost: String?, fromPort: Int?, toHost: String?, toPort: Int?) {
            self.fromHost = fromHost
            self.fromPort = fromPort
            self.toHost = toHost
            self.toPort = toPort
        }
    }

    package enum Family: Sendable { case v4, v6 }

    package var pins: [Pin] = []
    package var detours: [Detour] = []
    /// Only addresses of this family; of both where nil.
    package var family: Family?
    /// The proxy in use, which looks up names itself.
    package var proxy: ProxyRoute?

    package init() {}

    /// Where a request to this host and port goes in place of `place`, or nil where the person said nothing of it.
    package func detour(ofHost host: String, port: Int) -> Request.Place? {
        let detour = detours.first { detour in
            (detour.fromHost ?? host).lowercased() == host.lowercased() && (detour.fromPort ?? port) == port
        }
        return detour.map { Request.Place(host: $0.toHost ?? host, port: $0.toPort ?? port) }
    }

    /// The proxy that requests to `host` go through; nil for none.
    package func proxy(for host: String) -> ProxyRoute? { proxy.flatMap { $0.covers(host) ? $0 : nil } }

    /// The addresses that the person gave a place.
    package func pinned(_ place: Request.Place) -> [Text] {
        pins.filter { $0.host.lowercased() == place.host.lowercased() && $0.port == place.port }.map {
            Text($0.address)
        }
    }

    /// What a name is said not to have where all its addresses are of the family that is not wanted.
    package var missingFamily: String? {
        switch family {
        case .v4: "IPv4 address, and -4 was given"
        case .v6: "IPv6 address, and -6 was given"
        case nil: nil
        }
    }

    /// Whether an address is of the family that the person wants.
    package func wants(_ address: Text) -> Bool {
        guard let family, let address = IPAddress(address) else { return true }
        return address.isIPv4 == (family == .v4)
    }
}

/// Looks up where a request goes, and tries one address after the other, each as a request of its own to the transport
/// below, so that each is shown.
package struct RoutingTransport: Transport {
    /// How many addresses of a name are tried at most.
    private static let mostAddresses = 10
    private let transport: any Transport
    private let resolver: HostResolver
    private let routes: Routes
    /// The address that answered last, by place: it is tried first from then on.
    private let good: Locked<[Request.Place: Text]>

    package init(_ transport: any Transport, resolver: HostResolver, routes: Routes = Routes()) {
        self.transport = transport
        self.resolver = resolver
        self.routes = routes
        good = Locked([:])
    }

    package func send(_ request: Request) async throws(TransportError) -> Response {
        let start = ContinuousClock.now
        let (place, isNamed) = place(of: request)
        var request = request
        // What the person named on the command line may be anywhere.
        if isNamed { request.policy = .anywhere }
        if let proxy = routes.proxy(for: request.host) {
            return try await transport.send(try request.through(proxy, to: place))
        }
        var last: TransportError?
        let addresses = try await addresses(of: place, request).prefix(Self.mostAddresses)
        for (i, address) in addresses.enumerated() {
            guard let limits = request.limits.left(since: start, ways: addresses.count - i) else { break }
            var attempt = request
            attempt.limits = limits
            attempt.connectTo = Request.Place(host: address.string, port: place.port)
            do {
                let response = try await transport.send(attempt)
                good.withLock { $0[place] = address }
                return response
            } catch {
                guard error.isOfAddress else { throw error }
                last = error
            }
        }
        if let last { throw last }
        guard addresses.isEmpty else {
            throw TransportError(kind: .timeout, description: "looking up \(place.host) took all of the request's time")
        }
        throw TransportError(kind: .name, description: "\(place.host) has no \(routes.missingFamily ?? "address")")
    }

    /// Where the request goes but for the last step, a name's address; and whether the person said so.
    private func place(of request: Request) -> (Request.Place, isNamed: Bool) {
        if let detour = routes.detour(ofHost: request.host, port: request.port) { return (detour, true) }
        let place = request.connectTo ?? Request.Place(host: request.host, port: request.port)
        return (place, !routes.pinned(place).isEmpty)
    }

    private func addresses(of place: Request.Place, _ request: Request) async throws(TransportError) -> [Text] {
        let pinned = routes.pinned(place)
        if !pinned.isEmpty { return pinned }
        if let address = IPAddress(Text(place.host)) { return [Text(address.description)] }
        // What is neither a name nor an address is for the transport below to refuse.
        if request.fault != nil { return [Text(place.host)] }
        switch await resolver.addresses(Text(place.host)) {
        case .failure(let error):
            let kind: TransportError.Kind = error.isTimeout ? .timeout : .name
            throw TransportError(kind: kind, description: "\(place.host): \(error)")
        case .success(let found):
            let wanted = found.filter(routes.wants)
            let known = good.withLock { $0[place] }
            return wanted.filter { $0 == known } + wanted.filter { $0 != known }
        }
    }
}

extension Request {
    /// The request as it goes through a proxy, which is ours and may be anywhere: where it connects to, it alone judges,
    /// unless the place is an address already.
    package func through(_ proxy: ProxyRoute, to place: Place) throws(TransportError) -> Request {
        // That name is this machine to a proxy, too: its own.
        let isLocal = place.host.lowercased() == "localhost" || place.host.lowercased().hasSuffix(".localhost")
        if let address = IPAddress(isLocal ? "127.0.0.1" : Text(place.host)), let words = policy.refusal(of: address) {
            throw TransportError(kind: .blocked, description: words)
        }
        var request = self
        request.proxy = proxy
        request.policy = .anywhere
        // Only where it is another place than the URL's: it then is what CONNECT asks for.
        request.connectTo = place.host == host && place.port == port ? nil : place
        return request
    }
}

extension Limits {
    /// What is left of them since `start`, for one of so many ways that are still to be tried; nil where nothing is.
    ///
    /// A way that leads nowhere leaves half of the time for those after it: packets that nobody answers are waited for
    /// to the end.
    func left(since start: ContinuousClock.Instant, ways: Int) -> Limits? {
        guard let total else { return self }
        let rest = total - start.duration(to: .now)
        guard rest > .zero else { return nil }
        var limits = self
        limits.total = rest
        if ways > 1 { limits.connect = min(connect, rest / 2) }
        return limits
    }
}

extension TransportError {
    /// Whether another address may do better: nothing was sent, and it was the connection that failed.
    var isOfAddress: Bool {
        switch kind {
        case .connect, .blocked: true
        case .timeout, .reset: !exchange.bytesSent && exchange.timings.tcp == nil
        default: false
        }
    }
}
