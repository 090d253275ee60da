package import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why a host name has no address.
package struct NameError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// Whether nobody answered, rather than that the answer was no.
    package let isTimeout: Bool

    package init(description: String, isTimeout: Bool = false) {
        self.description = description
        self.isTimeout = isTimeout
    }
}

/// Where addresses and other records of host names come from: the system, a name server, or a table in a test.
package struct HostResolver: Sendable {
    package typealias Addresses = @Sendable (Text) async -> Result<[Text], NameError>
    package typealias Query = @Sendable (DNSQuery.Kind, Text) async -> DNSQuery.Outcome

    /// The addresses of a name as text, in the order to try them.
    package let addresses: Addresses
    /// The records of a name, always by asking a name server.
    package let query: Query

    package init(
        _ addresses: @escaping Addresses, query: @escaping Query = { _, _ in .notFound(rcode: "NXDOMAIN") }
    ) {
        self.addresses = addresses
        self.query = query
    }

    /// Addresses by getaddrinfo, so that /etc/hosts counts; other records of the system's name server.
    package static let system = HostResolver(
        { name in
            let silence = NameError(description: "no name server answered", isTimeout: true)
            return await abandonable(within: .seconds(30), otherwise: .failure(silence)) { look(up: name) }
        }, query: { kind, name in await DNSQuery.ask(kind, name, of: nil) })

    /// Everything by asking `server`.
    package static func of(_ server: DNSQuery.Server) -> HostResolver {
        HostResolver(
            { name in
                async let v4 = DNSQuery.ask(.a, name, of: server)
                async let v6 = DNSQuery.ask(.aaaa, name, of: server)
                return addresses(await v6, await v4)
            }, query: { kind, name in await DNSQuery.ask(kind, name, of: server) })
    }

    /// The same, which remembers the addresses of a name for a while, as curl does: a run goes to one server again and
    /// again. What failed is asked for anew.
    package func remembering(for time: Duration = .seconds(60), most: Int = 10_000) -> HostResolver {
        let known = Locked<[Text: (addresses: [Text], end: ContinuousClock.Instant)]>([:])
        return HostResolver(
            { [addresses] name in
                if let found = known.withLock({ $0[name] }), .now < found.end { return .success(found.addresses) }
                let outcome = await addresses(name)
                if case .success(let found) = outcome {
                    known.withLock { known in
                        if known.count >= most { known = [:] }
                        known[name] = (found, .now + time)
                    }
                }
                return outcome
            }, query: query)
    }

    private static func addresses(_ v6: DNSQuery.Outcome, _ v4: DNSQuery.Outcome) -> Result<[Text], NameError> {
        var found: [Text] = []
        var problem: NameError?
        for outcome in [v6, v4] {
            switch outcome {
            case .records(let records): found += records.filter { [.a, .aaaa].contains($0.kind) }.map(\.text)
            case .notFound(let rcode), .failed(let rcode): problem = NameError(description: rcode)
            case .timedOut: problem = NameError(description: "the name server did not answer", isTimeout: true)
            }
        }
        if !found.isEmpty { return .success(found) }
        return .failure(problem ?? NameError(description: "it has no address"))
    }

    private static func look(up name: Text) -> Result<[Text], NameError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(name.string, nil, &hints, &list)
        guard failure == 0 else {
            let words = String(cString: gai_strerror(failure)).lowercased()
            return .failure(NameError(description: words, isTimeout: failure == EAI_AGAIN))
        }
        defer { freeaddrinfo(list) }
        var found: [Text] = []
        var entry = list
        while let info = entry?.pointee {
            if let text = numeric(info), !found.contains(text) { found.append(text) }
            entry = info.ai_next
        }
        return found.isEmpty ? .failure(NameError(description: "it has no address")) : .success(found)
    }

    private static func numeric(_ info: addrinfo) -> Text? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            info.ai_addr, info.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        guard failure == 0 else { return nil }
        return Text(validating: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }
}
