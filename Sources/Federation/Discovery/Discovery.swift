package import Matrix

/// Finds where to reach a server, rule by rule (server-server API, "Resolving server names").
package struct Discovery: Sendable {
    /// What was noticed on the way, for those who debug it.
    package enum Step: Sendable, Hashable {
        case wellKnown(ServerName, WellKnown.Outcome)
        case addresses(Text, Result<[Text], NameError>)
    }

    /// Why a server name leads nowhere.
    package struct Failure: Error, Sendable, Hashable {
        package let host: Text
        package let description: String
    }

    private let transport: any Transport
    private let resolver: HostResolver
    private let isVerified: @Sendable (ServerName) -> Bool

    /// `isVerified` says of which servers the certificate counts.
    package init(
        transport: any Transport, resolver: HostResolver = .system,
        isVerified: @escaping @Sendable (ServerName) -> Bool = { _ in true }
    ) {
        self.transport = transport
        self.resolver = resolver
        self.isVerified = isVerified
    }

    /// The destination of `server`, its addresses looked up; `notice` hears of each step.
    package func resolve(
        _ server: ServerName, notice: (Step) -> Void = { _ in }
    ) async throws(Failure) -> Destination {
        var destination = await destination(of: server, notice)
        let host = Text(destination.certificateHost)
        guard let name = ServerName(host), case .name = name.host else { return destination }
        try Self.checkIsName(host)
        let found = await resolver.addresses(host)
        notice(.addresses(host, found))
        switch found {
        case .success(let addresses): destination.addresses = addresses
        case .failure(let error): throw Failure(host: host, description: error.description)
        }
        return destination
    }

    private func destination(of server: ServerName, _ notice: (Step) -> Void) async -> Destination {
        // 1. An IP literal: that address, and the given port or 8448.
        if server.isIPLiteral { return Destination(server: server, rule: "1", name: server) }
        // 2. A host name with a port: that.
        if server.port != nil { return Destination(server: server, rule: "2", name: server) }
        // 3. /.well-known/matrix/server of a host name without one.
        let outcome = await WellKnown.look(up: server, transport, verifiesPeer: isVerified(server))
        notice(.wellKnown(server, outcome))
        if case .delegated(let name) = outcome { return delegated(server, to: name) }
        // 4. and 5. are SRV records of the host, _matrix-fed._tcp and then _matrix._tcp: their place is here.
        // 6. The host itself, at 8448.
        return Destination(server: server, rule: "6", name: server)
    }

    private func delegated(_ server: ServerName, to name: ServerName) -> Destination {
        // 3.1. An IP literal: that address, and the given port or 8448.
        if name.isIPLiteral { return Destination(server: server, rule: "3.1", name: name) }
        // 3.2. A host name with a port: that.
        if name.port != nil { return Destination(server: server, rule: "3.2", name: name) }
        // 3.3. and 3.4. are SRV records of the delegated host: their place is here.
        // 3.5. The delegated host itself, at 8448.
        return Destination(server: server, rule: "3.5", name: name)
    }

    /// The grammar admits names whose last part is a number; resolvers take many of them for addresses (`127.1`,
    /// `0x7f.1`, `2130706433`), which would lead elsewhere than the name says.
    private static func checkIsName(_ host: Text) throws(Failure) {
        let last = host.utf8.split(separator: UInt8(ascii: ".")).last ?? host.utf8[...]
        let isNumber = last.allSatisfy { (0x30...0x39).contains($0) } || last.starts(with: "0x".utf8)
        guard !isNumber else {
            throw Failure(host: host, description: "it ends in a number and is no address, so it can be no host name")
        }
    }
}
