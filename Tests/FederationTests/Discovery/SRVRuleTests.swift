import TestSupport
import Testing

@testable import Federation
@testable import Matrix

/// The rules of "Resolving server names" against a name server on loopback: which rule decides, and where it leads.
@Suite struct SRVRuleTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        /// What the well-known file says; nil where there is none.
        let delegates: String?
        let table: DNSResponder.Table
        /// The rule, the places and the name of the certificate; or what is said where it leads nowhere.
        let found: Found?
        let says: String

        struct Found: Equatable {
            let rule: Text
            let places: [String]
            let name: String
        }

        init(
            _ description: String, delegates: String? = nil, _ table: DNSResponder.Table, _ rule: Text,
            _ places: [String], for name: String = "a.example"
        ) {
            testDescription = description
            self.delegates = delegates
            self.table = table
            found = Found(rule: rule, places: places, name: name)
            says = ""
        }

        init(_ description: String, delegates: String? = nil, _ table: DNSResponder.Table, fails says: String) {
            testDescription = description
            self.delegates = delegates
            self.table = table
            found = nil
            self.says = says
        }
    }

    private static let (new, old) = ("_matrix-fed._tcp.a.example SRV", "_matrix._tcp.a.example SRV")
    private static let (newOfB, oldOfB) = ("_matrix-fed._tcp.b.example SRV", "_matrix._tcp.b.example SRV")
    private static let one: DNSResponder.Answer = .records([.srv(10, 5, 8400, "t.example")])
    private static let eleven = (1...11).map { DNSResponder.Record.srv($0, 0, 8400 + $0, "t\($0).example") }

    static let cases: [Case] = [
        Case("3.1 an IPv4 address", delegates: "192.0.2.7", [:], "3.1", ["192.0.2.7:8448"], for: "192.0.2.7"),
        Case("3.1 with a port", delegates: "192.0.2.7:1", [:], "3.1", ["192.0.2.7:1"], for: "192.0.2.7"),
        Case(
            "3.1 an IPv6 address", delegates: "[2001:db8::1]", [:], "3.1", ["[2001:db8::1]:8448"], for: "[2001:db8::1]"),
        Case(
            "3.2 a name with a port asks for no SRV record", delegates: "b.example:1", [newOfB: one], "3.2",
            ["b.example:1"], for: "b.example"),
        Case(
            "3.3 the new service", delegates: "b.example", [newOfB: one, oldOfB: .code(2)], "3.3", ["t.example:8400"],
            for: "b.example"),
        Case("3.4 the old service", delegates: "b.example", [oldOfB: one], "3.4", ["t.example:8400"], for: "b.example"),
        Case("3.5 neither", delegates: "b.example", [:], "3.5", ["b.example:8448"], for: "b.example"),
        Case(
            "3.5 neither, as NODATA", delegates: "b.example", [newOfB: .records([]), oldOfB: .records([])], "3.5",
            ["b.example:8448"], for: "b.example"),
        Case(
            "records of the name do not count for the one that it delegates to", delegates: "b.example", [new: one],
            "3.5", ["b.example:8448"], for: "b.example"),
        Case("4 the new service", [new: one, old: .records([.srv(1, 1, 1, "x.example")])], "4", ["t.example:8400"]),
        Case("5 the old service", [old: one], "5", ["t.example:8400"]),
        Case("5 the new service has no data", [new: .records([]), old: one], "5", ["t.example:8400"]),
        Case("6 neither", [:], "6", ["a.example:8448"]),
        Case(
            "targets by priority",
            [
                new: .records([.srv(20, 0, 3, "c.example"), .srv(10, 0, 1, "a.example"), .srv(15, 9, 2, "b.example")])
            ], "4", ["a.example:1", "b.example:2", "c.example:3"]),
        Case(
            "ten targets are tried at most", [new: .records(eleven)], "4",
            (1...10).map { "t\($0).example:\(8400 + $0)" }),
        Case(
            "a target of a dot beside others is passed over",
            [
                new: .records([.srv(0, 0, 0, ""), .srv(10, 5, 8400, "t.example")])
            ], "4", ["t.example:8400"]),
        Case(
            "port 0 is no port", [new: .records([.srv(0, 0, 0, "t.example"), .srv(10, 5, 8400, "u.example")])], "4",
            ["u.example:8400"]),
        Case(
            "an answer too long for UDP", [new: .truncated([.srv(10, 5, 8400, "t.example")])], "4",
            ["t.example:8400"]),
        Case(
            "a dot alone ends it: the old service is not asked for", [new: .records([.srv(0, 0, 0, "")]), old: one],
            fails: "there is no such service"),
        Case("no target with a port", [new: .records([.srv(0, 0, 0, "t.example")])], fails: "no target that is a host"),
        Case(
            "a target that is no host is none",
            [new: .records([.srv(0, 0, 1, "x|{touch,y}"), .srv(0, 0, 1, "$(x)"), .srv(0, 0, 1, "a b")])],
            fails: "no target that is a host"),
        Case(
            "a target that is no host is passed over",
            [new: .records([.srv(0, 0, 1, "x;y"), .srv(1, 0, 2, "t_1.example")])], "4", ["t_1.example:2"]),
        Case("SERVFAIL ends it", [new: .code(2), old: one], fails: "SERVFAIL"),
        Case("SERVFAIL of the old service, too", [old: .code(2)], fails: "SERVFAIL"),
        Case("REFUSED ends it", [new: .code(5), old: one], fails: "REFUSED"),
        Case("an answer that cannot be read ends it", [new: .cut, old: one], fails: "what cannot be read"),
        Case("silence ends it", [new: .silence, old: one], fails: "no name server answers"),
        Case("SERVFAIL for the name delegated to", delegates: "b.example", [newOfB: .code(2)], fails: "SERVFAIL"),
    ]

    private func discovery(_ responder: DNSResponder, delegating name: String?) -> Discovery {
        var server = DNSQuery.Server(address: "127.0.0.1", port: responder.port)
        server.seconds = 1
        let transport = FakeTransport { _ throws(TransportError) in
            guard let name else { return .text("no", status: 404) }
            return .json(["m.server": .string(Text(name))])
        }
        let asking = HostResolver.of(server)
        let resolver = HostResolver({ _ in .success(["192.0.2.1"]) }, query: asking.query)
        return Discovery(transport: transport, resolver: resolver)
    }

    @Test(arguments: cases)
    func `each rule and each answer leads where it has to`(case: Case) async throws {
        let responder = try DNSResponder(`case`.table)
        defer { responder.stop() }
        let discovery = discovery(responder, delegating: `case`.delegates)
        let name = try #require(ServerName("a.example"))
        do throws(Discovery.Failure) {
            let found = try await discovery.resolve(name)
            let places = found.places.map { "\($0.host):\($0.port)" }
            #expect(Case.Found(rule: found.rule, places: places, name: found.certificateHost) == `case`.found)
        } catch {
            #expect(`case`.found == nil, "\(error)")
            #expect(error.description.contains(`case`.says), "\(error.description)")
            #expect(error.isTimeout == (`case`.says == "no name server answers"))
        }
        let isAnotherService = responder.asked.contains { $0.hasPrefix("_matrix._tcp") }
        if `case`.found == nil { #expect(isAnotherService == (`case`.testDescription.contains("of the old service"))) }
    }

    @Test func `rules 1 and 2 ask nobody`() async throws {
        let responder = try DNSResponder([:])
        defer { responder.stop() }
        let discovery = discovery(responder, delegating: "b.example")
        for (name, rule, place) in [
            ("192.0.2.9", "1", "192.0.2.9:8448"), ("[2001:db8::9]:1", "1", "[2001:db8::9]:1"),
            ("a.example:1", "2", "a.example:1"),
        ] as [(Text, Text, String)] {
            let found = try await discovery.resolve(try #require(ServerName(name)))
            #expect(found.rule == rule)
            #expect(found.place == place)
        }
        #expect(responder.asked.isEmpty)
    }

    @Test func `a target that is an alias is noticed, and used`() async throws {
        let responder = try DNSResponder([
            Self.new: Self.one, "t.example CNAME": .records([.cname("real.example")]),
        ])
        defer { responder.stop() }
        let noticed = Locked<[Text]>([])
        let found = try await discovery(responder, delegating: nil).resolve(try #require(ServerName("a.example"))) {
            step in
            if case .records(.cname, let name, .records) = step { noticed.withLock { $0.append(name) } }
        }
        #expect(found.rule == "4")
        #expect(noticed.withLock { $0 } == ["t.example"])
    }
}
