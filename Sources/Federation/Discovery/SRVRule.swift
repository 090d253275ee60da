internal import Matrix

/// One of the four rules that look at an SRV record: 3.3, 3.4, 4 and 5.
struct SRVRule {
    private let discovery: Discovery
    private let server: ServerName
    /// The host name that the certificate is for and the Host header says: never the target's.
    private let name: ServerName
    private let rule: Text
    private let query: Text
    private let policy: AddressPolicy

    init(
        _ discovery: Discovery, _ server: ServerName, _ name: ServerName, _ rule: Text, _ service: String,
        _ policy: AddressPolicy
    ) {
        self.discovery = discovery
        self.server = server
        self.name = name
        self.rule = rule
        query = Text("\(service).\(name.urlHost)")
        self.policy = policy
    }

    func finding(_ notice: Discovery.Notice) async -> Discovery.Finding {
        let outcome = await discovery.resolver.query(.srv, query)
        notice(.records(.srv, query, outcome))
        switch outcome {
        case .notFound(let rcode): return Discovery.Finding(rule: rule, outcome: .notFound("\(query): \(rcode)"))
        case .failed(let rcode): return failed("the name server answers \(rcode) for its SRV record")
        case .timedOut: return failed("no name server answers for its SRV record", isTimeout: true)
        case .records(let records): return await finding(records, notice)
        }
    }

    private func finding(_ records: [DNSQuery.Record], _ notice: Discovery.Notice) async -> Discovery.Finding {
        let services = records.filter { $0.kind == .srv }.map {
            SRVRecord(priority: $0.priority, weight: $0.weight, port: $0.port, target: $0.text)
        }
        guard !services.allSatisfy(\.isNoService) else {
            return failed("its SRV record says that there is no such service")
        }
        var generator = SystemRandomNumberGenerator()
        let usable = services.ordered(using: &generator).filter {
            !$0.isNoService && $0.port > 0 && Self.isHost($0.target)
        }
        let targets = usable.prefix([SRVRecord].most)
        guard !targets.isEmpty else { return failed("its SRV record names no target that is a host") }
        await flagAliases(targets.map(\.target), notice)
        let isNamed = targets.allSatisfy { discovery.isNamedHost($0.target) }
        let destination = Destination(
            server: server, rule: rule, name: name,
            targets: targets.map { Request.Place(host: $0.target.string, port: $0.port) },
            policy: isNamed ? policy : policy.led(by: "the SRV record \(query)"))
        return Discovery.Finding(rule: rule, outcome: .found(destination))
    }

    /// Whether a record leads to what can be a host: a name server may hand out any bytes.
    private static func isHost(_ target: Text) -> Bool { Discovery.host(target).map { $0.port == nil } ?? false }

    /// A target must not be an alias (RFC 2782): some servers accept one, others do not. All are asked for at once.
    private func flagAliases(_ targets: [Text], _ notice: Discovery.Notice) async {
        let resolver = discovery.resolver
        let aliases = await withTaskGroup(of: (Text, DNSQuery.Outcome).self) { group in
            for target in Set(targets) where IPAddress(target) == nil {
                group.addTask { (target, await resolver.query(.cname, target)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for target in targets {
            if let outcome = aliases[target], case .records = outcome { notice(.records(.cname, target, outcome)) }
        }
    }

    private func failed(_ description: String, isTimeout: Bool = false) -> Discovery.Finding {
        Discovery.Finding(
            rule: rule, outcome: .failed(Discovery.Failure(host: query, description: description, isTimeout: isTimeout))
        )
    }
}
