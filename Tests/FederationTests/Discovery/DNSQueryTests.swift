import TestSupport
import Testing

@testable import Federation
@testable import Matrix

@Suite struct DNSQueryTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let kind: DNSQuery.Kind
        let answer: DNSResponder.Answer
        let outcome: DNSQuery.Outcome

        init(
            _ description: String, _ kind: DNSQuery.Kind, _ answer: DNSResponder.Answer, _ outcome: DNSQuery.Outcome
        ) {
            testDescription = description
            self.kind = kind
            self.answer = answer
            self.outcome = outcome
        }
    }

    private static func record(
        _ kind: DNSQuery.Kind, _ text: Text, _ priority: Int = 0, _ weight: Int = 0, _ port: Int = 0
    ) -> DNSQuery.Record {
        DNSQuery.Record(kind: kind, ttl: 300, text: text, priority: priority, weight: weight, port: port)
    }

    private static let many = (1...60).map { "192.0.2.\($0)" }

    static let cases: [Case] = [
        Case("an address", .a, .records([.a("192.0.2.1")]), .records([record(.a, "192.0.2.1")])),
        Case(
            "an IPv6 address", .aaaa, .records([.aaaa([0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1])]),
            .records([record(.aaaa, "2001:db8::1")])),
        Case(
            "SRV records", .srv, .records([.srv(10, 5, 8448, "b.example"), .srv(20, 0, 1, "c.example")]),
            .records([record(.srv, "b.example", 10, 5, 8448), record(.srv, "c.example", 20, 0, 1)])),
        Case("an SRV record for no service", .srv, .records([.srv(0, 0, 0, "")]), .records([record(.srv, ".")])),
        Case("an alias", .cname, .records([.cname("b.example")]), .records([record(.cname, "b.example")])),
        Case(
            "an alias and where it leads", .a, .records([.cname("b.example"), .a("192.0.2.1").of("b.example")]),
            .records([record(.cname, "b.example"), record(.a, "192.0.2.1")])),
        Case("an alias that leads nowhere", .a, .records([.cname("b.example")]), .notFound(rcode: "NODATA")),
        Case("no such record", .srv, .records([]), .notFound(rcode: "NODATA")),
        Case("no such name", .a, .code(3), .notFound(rcode: "NXDOMAIN")),
        Case("a name server that fails", .srv, .code(2), .failed(rcode: "SERVFAIL")),
        Case("one that refuses", .srv, .code(5), .failed(rcode: "REFUSED")),
        Case("one that does not understand", .srv, .code(1), .failed(rcode: "FORMERR")),
        Case("one that cannot", .srv, .code(4), .failed(rcode: "NOTIMP")),
        Case(
            "an answer that is too long for UDP", .a, .truncated(many.map { .a($0) }),
            .records(many.map { record(.a, Text($0)) })),
        Case("a record of wrong length", .a, .records([.a("192.0")]), .notFound(rcode: "NODATA")),
        Case("bytes that are no answer", .a, .garbage, .timedOut),
        Case("fewer records than it says", .srv, .cut, .failed(rcode: "what cannot be read")),
        Case("silence", .a, .silence, .timedOut),
    ]

    @Test(arguments: cases)
    func `each answer is told from the others`(case: Case) async throws {
        let responder = try DNSResponder(["a.example \(`case`.kind.rawValue)": `case`.answer])
        defer { responder.stop() }
        var server = DNSQuery.Server(address: "127.0.0.1", port: responder.port)
        server.seconds = 1
        #expect(await DNSQuery.ask(`case`.kind, "a.example", of: server) == `case`.outcome)
    }

    @Test func `an IPv6 name server is asked, too`() async throws {
        let responder = try DNSResponder(["a.example A": .records([.a("192.0.2.1")])], address: "::1")
        defer { responder.stop() }
        let server = DNSQuery.Server(address: "::1", port: responder.port)
        let outcome = await DNSQuery.ask(.a, "a.example", of: server)
        #expect(outcome == .records([Self.record(.a, "192.0.2.1")]))
    }

    @Test func `what is no address of a name server, or no name, is not asked`() async {
        for (name, address) in [("a.example", "localhost"), ("a..b", "127.0.0.1")] as [(Text, String)] {
            let outcome = await DNSQuery.ask(.a, name, of: DNSQuery.Server(address: address, port: 9))
            #expect(outcome == .failed(rcode: "not a name that can be asked for"))
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct `A name server that keeps us waiting` {
    /// Nothing comes but the word that the answer is too long for UDP; over TCP it is silent.
    private func responder() throws -> DNSResponder { try DNSResponder(["a.example SRV": .stalled]) }

    @Test func `is left after a while, over TCP, too`() async throws {
        let responder = try responder()
        defer { responder.stop() }
        var server = DNSQuery.Server(address: "127.0.0.1", port: responder.port)
        server.seconds = 1
        let began = ContinuousClock.now
        #expect(await DNSQuery.ask(.srv, "a.example", of: server) == .timedOut)
        // Without an end it would be asked as long as the responder lives.
        #expect(began.duration(to: .now) < .seconds(120))
    }

    @Test func `is left at once where the task is cancelled`() async throws {
        let responder = try responder()
        defer { responder.stop() }
        var server = DNSQuery.Server(address: "127.0.0.1", port: responder.port)
        server.seconds = 300
        let asked = server
        let began = ContinuousClock.now
        let outcome = await withTaskGroup(of: DNSQuery.Outcome.self) { group in
            group.addTask { await DNSQuery.ask(.srv, "a.example", of: asked) }
            try? await ContinuousClock().sleep(for: .milliseconds(50))
            group.cancelAll()
            return await group.next()
        }
        #expect(outcome == .timedOut)
        #expect(began.duration(to: .now) < .seconds(120))
    }
}
