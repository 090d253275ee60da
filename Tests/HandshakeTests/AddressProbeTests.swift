import Matrix
import TestSupport
import Testing

@testable import Federation
@testable import Handshake

/// Addresses of servers on loopback, asked over real TLS.
@Suite(.timeLimit(.minutes(5))) struct AddressProbeTests {
    private static let version = #"{"server":{"name":"Fake","version":"1.0"}}"#
    private let authority: Authority
    private let transport: CurlTransport
    private let book = JournalBook()

    init() throws {
        authority = try Authority.make()
        transport = CurlTransport(CurlTransport.Settings(caPEM: authority.certificatePEM))
    }

    private static func ok(_ body: String, _ head: String = "") -> RawServer.Step {
        .say("HTTP/1.1 200 OK\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// What `resolve` makes of 127.0.0.1 at the port of a server with that certificate, or of plain TCP.
    private func probe(
        _ identity: TLSIdentity?, _ step: RawServer.Step = ok(version)
    ) async -> (failure: Failure?, probe: AddressProbe?) {
        defer { transport.shutDown() }
        let server = RawServer(identity, [step])
        defer { server.stop() }
        return (await resolve("127.0.0.1:\(server.port)"), book.addresses.first)
    }

    private func resolve(
        _ name: String, _ resolver: HostResolver = .anywhere, _ addresses: Network.Addresses = Network.Addresses()
    ) async -> Failure? {
        let network = Network(
            identity: FakeServer("us.example").identity, transport: transport, journal: book.journal,
            resolver: resolver, addresses: addresses)
        do throws(Failure) {
            try await ServerProbe(Make.server(name), network, book.journal).run()
            return nil
        } catch {
            return error
        }
    }

    @Test func `an address that answers is shown with its software, its certificate and its times`() async throws {
        let intermediate = try authority.intermediate()
        let identity = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: intermediate)
        let (failure, probe) = await probe(identity.sending([intermediate]))
        #expect(failure == nil)
        #expect(probe?.software == "Fake")
        #expect(probe?.version == "1.0")
        #expect(probe?.family == .v4)
        #expect(probe?.status == 200)
        #expect(probe?.exchange.timings.tcp != nil)
        #expect(probe?.exchange.timings.tls != nil)
        #expect(probe?.certificate?.chain.count == 2)
        #expect(probe?.certificate?.verified == true)
        #expect(probe?.certificateFault == nil)
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let fault: CertificateFault
        let hint: String
        let sent: Int
        let identity: @Sendable (Authority) throws -> TLSIdentity
    }

    private static let other = "http://ca.example/intermediate.der"
    static let faults: [Case] = [
        Case(testDescription: "expired", fault: .expired, hint: "expired", sent: 1) {
            try .throwaway(names: ["127.0.0.1"], authority: $0, lifetime: .seconds(-60))
        },
        Case(testDescription: "another name", fault: .name, hint: "ip-literal-cert", sent: 1) {
            try .throwaway(names: ["other.example"], authority: $0)
        },
        Case(testDescription: "its own authority", fault: .selfSigned, hint: "self-signed", sent: 1) { _ in
            try .throwaway(names: ["127.0.0.1"])
        },
        Case(testDescription: "no intermediate", fault: .missingIntermediate, hint: "missing-intermediate", sent: 1) {
            try .throwaway(names: ["127.0.0.1"], authority: $0.intermediate(), issuerURL: other)
        },
        Case(testDescription: "an authority nobody knows", fault: .unknownAuthority, hint: "unknown-authority", sent: 1)
        {
            _ in try .throwaway(names: ["127.0.0.1"], authority: .make())
        },
        Case(
            testDescription: "an unknown one that is sent", fault: .unknownAuthority, hint: "unknown-authority", sent: 2
        ) { _ in
            let unknown = try Authority.make()
            return try .throwaway(names: ["127.0.0.1"], authority: unknown, issuerURL: other).sending([unknown])
        },
        Case(
            testDescription: "an unknown one's whole chain", fault: .unknownAuthority, hint: "unknown-authority",
            sent: 2
        ) { _ in
            let intermediate = try Authority.make().intermediate()
            return try .throwaway(names: ["127.0.0.1"], authority: intermediate, issuerURL: other)
                .sending([intermediate])
        },
    ]

    @Test(arguments: faults)
    func `what is wrong with a certificate is told apart, and the certificate shown`(case: Case) async throws {
        let (failure, probe) = await probe(try `case`.identity(authority))
        #expect(failure?.exit == 23)
        #expect(failure?.hints.first?.id == `case`.hint)
        #expect(probe?.certificateFault == `case`.fault)
        #expect(probe?.certificate?.chain.count == `case`.sent)
        #expect(probe?.certificate?.verified == false)
        #expect(probe?.certificate?.names.isEmpty == false)
        #expect(probe?.exchange.timings.tcp != nil, "TCP stood")
    }

    @Test func `only a certificate that was not seen is looked at by a second request, and that is said`() async throws
    {
        let seen = try TLSIdentity.throwaway(names: ["other.example"], authority: authority)
        _ = await probe(seen)
        #expect(book.exchanges.map(\.request.verifiesPeer) == [true])
        #expect(book.checks.filter { $0.check == "certificate" }.isEmpty)
    }

    @Test func `the second request verifies nothing, asks for the version, and is said`() async throws {
        _ = await probe(try TLSIdentity.throwaway(names: ["127.0.0.1"]))
        #expect(book.exchanges.map(\.request.verifiesPeer) == [true, false])
        #expect(book.exchanges.allSatisfy { $0.request.path == "/_matrix/federation/v1/version" && !$0.isSigned })
        #expect(book.results("certificate") == [.skip])
    }

    static let answers: [(String, String, String, Int)] = [
        ("HTML", "200 OK", "<h1>hello</h1>", 25), ("no homeserver's JSON", "200 OK", "{}", 25),
        ("a web server's 404", "404 Not Found", "<h1>no</h1>", 25),
        ("a homeserver's 404", "404 Not Found", #"{"errcode":"M_UNRECOGNIZED"}"#, 27),
        ("a redirect", "302 Found", "", 25), ("a proxy without a homeserver", "502 Bad Gateway", "", 28),
    ]

    @Test(arguments: answers)
    func `an answer that is no homeserver's fails by what it is`(
        name: String, status: String, body: String, exit: Int
    ) async throws {
        let identity = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: authority)
        let (failure, probe) = await probe(
            identity, .say("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"))
        #expect(failure?.exit == exit)
        #expect(probe?.certificate?.verified == true)
        #expect(probe?.status == Int(status.prefix(3)))
    }

    @Test func `what speaks no TLS is told from what does not listen`() async throws {
        let (failure, probe) = await probe(nil)
        #expect(failure?.exit == 23)
        #expect(probe?.exchange.timings.tcp != nil)
        #expect(probe?.certificate == nil)
    }

    @Test func `each address is asked, IPv4 and IPv6 apart, and one that answers is enough`() async throws {
        defer { transport.shutDown() }
        let identity = try TLSIdentity.throwaway(names: ["a.example"], authority: authority)
        let server = RawServer(identity, [Self.ok(Self.version)])
        defer { server.stop() }
        let resolver = HostResolver.table(["a.example": ["::1", "127.0.0.2", "127.0.0.1"]])
        #expect(await resolve("a.example:\(server.port)", resolver) == nil)
        #expect(book.addresses.map(\.address) == ["::1", "127.0.0.2", "127.0.0.1"])
        #expect(book.addresses.map(\.family) == [.v6, .v4, .v4])
        #expect(book.addresses.map(\.result) == [.fail, .fail, .pass])
        #expect(book.results("family") == [.warn, .warn])
        #expect(book.details("family").first?.hasPrefix("IPv4: 1 of 2") == true)
        #expect(book.details("family").last?.hasPrefix("IPv6: 0 of 1") == true)
    }

    @Test func `all targets of an SRV record are asked, by the server's name and not theirs`() async throws {
        defer { transport.shutDown() }
        let identity = try TLSIdentity.throwaway(names: ["a.example"], authority: authority)
        let servers = [1, 2].map { _ in RawServer(identity, [Self.ok(Self.version)]) }
        defer { for server in servers { server.stop() } }
        let records = servers.enumerated().map { i, server in
            DNSQuery.Record(
                kind: .srv, ttl: 60, text: Text("t\(i).example"), priority: i, weight: 5, port: server.port)
        }
        let resolver = HostResolver(
            { name in
                name.hasPrefix("t") ? .success(["127.0.0.1"]) : .failure(NameError(description: "no such name"))
            },
            query: { kind, name in
                switch kind {
                case .srv where name == "_matrix._tcp.a.example": .records(records)
                case .cname where name == "t1.example":
                    .records([DNSQuery.Record(kind: .cname, ttl: 1, text: "x.example", priority: 0, weight: 0, port: 0)]
                    )
                default: .notFound(rcode: "NXDOMAIN")
                }
            })
        var addresses = Network.Addresses()
        addresses.allowed = AddressRange.loopback
        #expect(await resolve("a.example", resolver, addresses) == nil)
        #expect(book.addresses.map(\.host) == ["t0.example", "t1.example"])
        #expect(book.addresses.map(\.result) == [.pass, .pass])
        #expect(servers.map(\.serverNames) == [["a.example"], ["a.example"]])
        #expect(book.results("srv_alias") == [.warn])
        #expect(book.results("srv_deprecated") == [.warn])
    }

    @Test func `where a remote leads to an address that is not public, nothing is asked`() async throws {
        defer { transport.shutDown() }
        let record = DNSQuery.Record(kind: .srv, ttl: 60, text: "t.example", priority: 0, weight: 0, port: 1)
        let resolver = HostResolver(
            { $0 == "t.example" ? .success(["127.0.0.1"]) : .failure(NameError(description: "no such name")) },
            query: { kind, _ in kind == .srv ? .records([record]) : .notFound(rcode: "NXDOMAIN") })
        let failure = await resolve("a.example", resolver)
        #expect(failure?.exit == 29)
        #expect(failure?.hints.first?.id == "address-blocked")
    }

    @Test func `the failure that came nearest to an answer is the one that is told`() async throws {
        defer { transport.shutDown() }
        let identity = try TLSIdentity.throwaway(names: ["other.example"], authority: authority)
        let server = RawServer(identity, [Self.ok(Self.version)])
        defer { server.stop() }
        let resolver = HostResolver.table(["a.example": ["127.0.0.2", "127.0.0.1"]])
        #expect(await resolve("a.example:\(server.port)", resolver)?.exit == 23)
        #expect(book.addresses.map { $0.failure?.kind } == [.connect, .tls])
    }

    @Test func `a family that is not wanted is left out, and an address that was given is taken`() async throws {
        defer { transport.shutDown() }
        let identity = try TLSIdentity.throwaway(names: ["a.example"], authority: authority)
        let server = RawServer(identity, [Self.ok(Self.version)])
        defer { server.stop() }
        var addresses = Network.Addresses()
        addresses.routes.family = .v4
        let resolver = HostResolver.table(["a.example": ["::1", "127.0.0.1"]])
        #expect(await resolve("a.example:\(server.port)", resolver, addresses) == nil)
        #expect(book.addresses.map(\.address) == ["127.0.0.1"])
        #expect(book.results("address") == [.skip])
        addresses.routes.pins = [Routes.Pin(host: "a.example", port: server.port, address: "127.0.0.1")]
        #expect(await resolve("a.example:\(server.port)", .table([:]), addresses) == nil)
    }

    @Test(arguments: ["127.1:8448", "0x7f.1", "2130706433"])
    func `a name that resolvers take for a number leads nowhere`(name: String) async throws {
        defer { transport.shutDown() }
        #expect(await resolve(name)?.exit == 21)
        #expect(book.exchanges.isEmpty)
    }
}
