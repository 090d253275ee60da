package import Matrix

/// Finds where to reach a server, rule by rule (server-server API, "Resolving server names").
package struct Discovery: Sendable {
    /// What was noticed on the way, for those who debug it.
    package enum Step: Sendable, Hashable {
        case wellKnown(ServerName, WellKnown.Outcome)
        case records(DNSQuery.Kind, Text, DNSQuery.Outcome)
        case addresses(Text, Result<[Text], NameError>)
    }

    /// Why a server name leads nowhere.
    package struct Failure: Error, Sendable, Hashable {
        package let host: Text
        package let description: String
        package var isTimeout = false

        package init(host: Text, description: String, isTimeout: Bool = false) {
            self.host = host
            self.description = description
            self.isTimeout = isTimeout
        }
    }

    /// What one rule makes of a server name.
    package struct Finding: Sendable, Hashable {
        package enum Outcome: Sendable, Hashable {
            case found(Destination)
            /// The rule does not apply, and the next one counts.
            case notFound(String)
            case failed(Failure)
        }

        package let rule: Text
        package let outcome: Outcome
    }

    /// How long a target with an address is looked for, where those before it have none.
    private static let patience = Duration.seconds(15)

    package typealias Notice = @Sendable (Step) -> Void

    let transport: any Transport
    let resolver: HostResolver
    private let isVerified: @Sendable (ServerName) -> Bool
    private let isNamed: @Sendable (ServerName) -> Bool
    private let looksUp: @Sendable (String) -> Bool

    /// `isVerified` says of which servers the certificate counts, `isNamed` which the person named. `looksUp`
    /// says whose addresses are looked up here: not of a host that a proxy is used for.
    package init(
        transport: any Transport, resolver: HostResolver = .system,
        isVerified: @escaping @Sendable (ServerName) -> Bool = { _ in true },
        isNamed: @escaping @Sendable (ServerName) -> Bool = { _ in true },
        looksUp: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.transport = transport
        self.resolver = resolver
        self.isVerified = isVerified
        self.isNamed = isNamed
        self.looksUp = looksUp
    }

    /// The destination of `server`, its addresses looked up; `notice` hears of each step.
    package func resolve(
        _ server: ServerName, policy: AddressPolicy = .anywhere, notice: Notice = { _ in }
    ) async throws(Failure) -> Destination {
        // Before anything is asked of it, well-known included.
        try Self.checkIsName(Text(server.urlHost))
        let last = await findings(server, policy, goesOn: false, notice).last
        switch last?.outcome {
        case .found(let destination): return try await withAddresses(destination, notice)
        case .failed(let failure): throw failure
        case .notFound, nil: throw Failure(host: server.text, description: "no rule leads anywhere")
        }
    }

    /// What each rule makes of `server`: up to the one that decides, or with `goesOn` all that would have counted had
    /// the ones before found nothing.
    package func findings(
        _ server: ServerName, _ policy: AddressPolicy, goesOn: Bool, _ notice: Notice
    ) async -> [Finding] {
        // 1. An IP literal: that address, and the given port or 8448.
        if server.isIPLiteral { return [found(Destination(server: server, rule: "1", name: server, policy: policy))] }
        // 2. A host name with a port: that.
        if server.port != nil { return [found(Destination(server: server, rule: "2", name: server, policy: policy))] }
        var findings: [Finding] = []
        // 3. /.well-known/matrix/server of a host name without one.
        let known = await WellKnown.look(up: server, transport, verifiesPeer: isVerified(server), policy: policy)
        notice(.wellKnown(server, known))
        switch known {
        case .delegated(let name, _): findings = await delegated(server, to: name, policy, goesOn: goesOn, notice)
        case .none(let reason), .unusable(let reason): findings = [Finding(rule: "3", outcome: .notFound(reason))]
        }
        if !goesOn, findings.last?.isDecisive == true { return findings }
        // 4. and 5. SRV records of the host. 6. The host itself, at 8448.
        return findings
            + (await undelegated(server, name: server, rules: ["4", "5", "6"], policy, goesOn: goesOn, notice))
    }

    private func delegated(
        _ server: ServerName, to name: ServerName, _ policy: AddressPolicy, goesOn: Bool, _ notice: Notice
    ) async -> [Finding] {
        let policy = isNamed(name) ? policy : policy.led(by: "the well-known file of \(server)")
        // 3.1. An IP literal: that address, and the given port or 8448.
        if name.isIPLiteral { return [found(Destination(server: server, rule: "3.1", name: name, policy: policy))] }
        // 3.2. A host name with a port: that.
        if name.port != nil { return [found(Destination(server: server, rule: "3.2", name: name, policy: policy))] }
        // 3.3. and 3.4. SRV records of the delegated host. 3.5. The delegated host itself, at 8448.
        return await undelegated(server, name: name, rules: ["3.3", "3.4", "3.5"], policy, goesOn: goesOn, notice)
    }

    /// Two SRV records and then port 8448. Only "not found" goes on to the next: a name server that fails or is silent
    /// may be hiding a record.
    private func undelegated(
        _ server: ServerName, name: ServerName, rules: [Text], _ policy: AddressPolicy, goesOn: Bool, _ notice: Notice
    ) async -> [Finding] {
        var findings: [Finding] = []
        for (rule, service) in zip(rules, ["_matrix-fed._tcp", "_matrix._tcp"]) {
            let finding = await SRVRule(self, server, name, rule, service, policy).finding(notice)
            findings.append(finding)
            if !goesOn, finding.isDecisive { return findings }
        }
        return findings + [found(Destination(server: server, rule: rules[2], name: name, policy: policy))]
    }

    private func found(_ destination: Destination) -> Finding {
        Finding(rule: destination.rule, outcome: .found(destination))
    }

    /// Whether SRV may lead to `host` as to what the person named.
    func isNamedHost(_ host: Text) -> Bool { ServerName(host).map(isNamed) ?? false }

    private func withAddresses(_ found: Destination, _ notice: Notice) async throws(Failure) -> Destination {
        var destination = found
        guard looksUp(found.certificateHost) else { return found }
        let start = ContinuousClock.now
        var failure: Failure?
        for place in found.places where failure == nil || start.duration(to: .now) < Self.patience {
            let host = Text(place.host)
            if IPAddress(host) != nil { return found }
            try Self.checkIsName(host)
            let addresses = await resolver.addresses(host)
            notice(.addresses(host, addresses))
            switch addresses {
            case .success(let addresses):
                destination.addresses = addresses
                return destination
            case .failure(let error):
                failure = failure ?? Failure(host: host, description: error.description, isTimeout: error.isTimeout)
            }
        }
        throw failure ?? Failure(host: found.server.text, description: "no place to connect to")
    }

    /// A host that a DNS record names: as that of a server name, and with `_`, which some have.
    static func host(_ text: Text) -> ServerName? {
        ServerName(Text(String(text.string.map { $0 == "_" ? "-" : $0 })))
    }

    /// The grammar admits names whose last part is a number; resolvers take many of them for addresses (`127.1`,
    /// `0x7f.1`, `2130706433`), which would lead elsewhere than the name says.
    package static func checkIsName(_ host: Text) throws(Failure) {
        guard let name = Self.host(host) else { throw Failure(host: host, description: "it is no host name") }
        guard case .name = name.host else { return }
        let last = host.utf8.split(separator: UInt8(ascii: ".")).last ?? host.utf8[...]
        let isNumber =
            last.allSatisfy { (0x30...0x39).contains($0) } || last.starts(with: "0x".utf8)
            || last.starts(with: "0X".utf8)
        guard !isNumber else {
            throw Failure(host: host, description: "it ends in a number and is no address, so it can be no host name")
        }
    }
}

extension Discovery.Finding {
    /// Whether no later rule counts.
    package var isDecisive: Bool { if case .notFound = outcome { false } else { true } }
}
