import Foundation
import Matrix
import TestSupport
import Testing

@testable import Federation

@Suite struct DiscoveryTests {
    /// A server name, what its well-known says, and where that leads.
    struct Case: CustomTestStringConvertible {
        let name: Text
        let wellKnown: String?
        let rule: Text
        let place: String
        let hostHeader: String
        let certificate: String

        init(
            _ name: Text, _ rule: Text, _ place: String, _ host: String, _ cert: String, wellKnown: String? = nil
        ) {
            self.name = name
            self.wellKnown = wellKnown
            self.rule = rule
            self.place = place
            hostHeader = host
            certificate = cert
        }

        var testDescription: String { "rule \(rule): \(name)" }
    }

    static let cases: [Case] = [
        Case("192.0.2.7", "1", "192.0.2.7:8448", "192.0.2.7", "192.0.2.7"),
        Case("192.0.2.7:443", "1", "192.0.2.7:443", "192.0.2.7:443", "192.0.2.7"),
        Case("[2001:db8::7]", "1", "[2001:db8::7]:8448", "[2001:db8::7]", "[2001:db8::7]"),
        Case("[2001:db8::7]:1", "1", "[2001:db8::7]:1", "[2001:db8::7]:1", "[2001:db8::7]"),
        Case("a.example:8448", "2", "a.example:8448", "a.example:8448", "a.example"),
        Case("a.example:443", "2", "a.example:443", "a.example:443", "a.example"),
        Case("a.example", "3.1", "192.0.2.7:8448", "192.0.2.7", "192.0.2.7", wellKnown: "192.0.2.7"),
        Case("a.example", "3.1", "[2001:db8::7]:9", "[2001:db8::7]:9", "[2001:db8::7]", wellKnown: "[2001:db8::7]:9"),
        Case("a.example", "3.2", "b.example:443", "b.example:443", "b.example", wellKnown: "b.example:443"),
        Case("a.example", "3.5", "b.example:8448", "b.example", "b.example", wellKnown: "b.example"),
        Case("a.example", "3.5", "a.example:8448", "a.example", "a.example", wellKnown: "a.example"),
        Case("a.example", "6", "a.example:8448", "a.example", "a.example"),
        Case("a.example", "6", "a.example:8448", "a.example", "a.example", wellKnown: "not a name"),
    ]

    private func transport(_ wellKnown: String?) -> FakeTransport {
        FakeTransport { request throws(TransportError) in
            guard request.hostHeader == "a.example", let wellKnown else { throw .fake(.connect) }
            return .json(["m.server": .string(Text(wellKnown))])
        }
    }

    @Test(arguments: cases)
    func `each rule leads where it says`(case: Case) async throws {
        let transport = transport(`case`.wellKnown)
        let discovery = Discovery(transport: transport, resolver: .anywhere)
        let found = try await discovery.resolve(try #require(ServerName(`case`.name)))
        #expect(found.server.text == `case`.name)
        #expect(found.rule == `case`.rule)
        #expect(found.place == `case`.place)
        #expect(found.hostHeader == `case`.hostHeader)
        #expect(found.certificateHost == `case`.certificate)
        let asksWellKnown = ["3", "6"].contains(`case`.rule.string.prefix(1))
        #expect(transport.requests.count == (asksWellKnown ? 1 : 0))
    }

    @Test func `the addresses of a name are looked up, those of an address are not`() async throws {
        let resolver = HostResolver { name in .success([Text("address of \(name)")]) }
        let discovery = Discovery(transport: transport("b.example:443"), resolver: resolver)
        let name = try await discovery.resolve(try #require(ServerName("a.example")))
        #expect(name.addresses == ["address of b.example"])
        let literal = try await discovery.resolve(try #require(ServerName("192.0.2.7")))
        #expect(literal.addresses == [])
    }

    @Test func `a name without an address leads nowhere`() async throws {
        let discovery = Discovery(transport: transport("b.example:443"), resolver: .table([:]))
        let failure = await #expect(throws: Discovery.Failure.self) {
            try await discovery.resolve(try #require(ServerName("a.example")))
        }
        #expect(failure?.host == "b.example")
    }

    /// What resolvers take for addresses, though the grammar has them as names.
    static let numeric: [Text] = [
        "127.1", "2130706433", "0x7f.1", "0x7f000001", "1.2.3.4.5", "256.1.1.1", "127.0.0.01", "a.1", "a.0x1", "0X7F",
        "1.2.3.4.", "a.1.", "0177.0.0.1", "a.0X1f",
    ]

    @Test(arguments: numeric)
    func `a name that ends in a number is refused before anything is asked`(name: Text) async throws {
        let asked = AskedNames()
        let transport = transport(nil)
        let discovery = Discovery(transport: transport, resolver: asked.resolver)
        for server in [name, Text("\(name):8448")] {
            await #expect(throws: Discovery.Failure.self) {
                try await discovery.resolve(try #require(ServerName(server)))
            }
        }
        #expect(asked.names == [])
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: numeric)
    func `nor does a delegation lead to one`(name: Text) async throws {
        let discovery = Discovery(transport: transport("\(name):443"), resolver: .anywhere)
        await #expect(throws: Discovery.Failure.self) {
            try await discovery.resolve(try #require(ServerName("a.example")))
        }
    }

    @Test(arguments: ["1.example", "a.1x", "x0", "a.x0x"] as [Text])
    func `a name with a number in it is a name`(name: Text) async throws {
        let discovery = Discovery(transport: transport(nil), resolver: .anywhere)
        let found = try await discovery.resolve(try #require(ServerName(Text("\(name):1"))))
        #expect(found.rule == "2")
    }

    @Test func `each step is told of`() async throws {
        let steps = Locked<[Discovery.Step]>([])
        let discovery = Discovery(transport: transport("b.example"), resolver: .anywhere)
        let (a, b) = (try #require(ServerName("a.example")), try #require(ServerName("b.example")))
        _ = try await discovery.resolve(a) { step in steps.withLock { $0.append(step) } }
        let told = steps.withLock { $0 }
        let none = DNSQuery.Outcome.notFound(rcode: "NXDOMAIN")
        #expect(
            told == [
                .wellKnown(a, .delegated(b, CacheTime(seconds: 86_400, source: "default"))),
                .records(.srv, "_matrix-fed._tcp.b.example", none), .records(.srv, "_matrix._tcp.b.example", none),
                .addresses("b.example", .success(["192.0.2.1"])),
            ])
    }

    @Test(arguments: [true, false])
    func `the certificate of a server's well-known counts as that server's does`(isVerified: Bool) async throws {
        let transport = transport(nil)
        let discovery = Discovery(transport: transport, resolver: .anywhere, isVerified: { _ in isVerified })
        _ = try await discovery.resolve(try #require(ServerName("a.example")))
        #expect(transport.requests.map(\.verifiesPeer) == [isVerified])
    }
}

private final class AskedNames: Sendable {
    private let asked = NSLock()
    private nonisolated(unsafe) var list: [Text] = []

    var names: [Text] { asked.withLock { list } }
    var resolver: HostResolver {
        HostResolver { [self] name in
            asked.withLock { list.append(name) }
            return .success(["192.0.2.1"])
        }
    }
}
