import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct FailureTests {
    static let tens: [(Stage, Int)] = [
        (.identity, 10), (.discovery, 20), (.directory, 30), (.request, 30), (.keys, 30), (.makeJoin, 40),
        (.makeLeave, 40), (.sign, 50),
        (.makeKnock, 40), (.sendJoin, 80), (.sendLeave, 80), (.sendKnock, 80), (.verify, 90),
    ]
    static let ones: [(FailureClass, Int)] = [
        (.other, 0), (.name, 1), (.connect, 2), (.tls, 3), (.timeout, 4), (.protocol, 5), (.refused, 6),
        (.notFound, 7), (.unavailable, 8), (.check, 9),
    ]

    @Test(arguments: tens, ones)
    func `an exit code is its stage's tens and its class's ones`(stage: (Stage, Int), kind: (FailureClass, Int)) {
        #expect(Failure(stage.0, kind.0, "").exit == stage.1 + kind.1)
    }

    @Test(arguments: Stage.allCases)
    func `a usage error is 64 in any stage`(stage: Stage) { #expect(Failure(stage, .usage, "").exit == 64) }

    @Test func `the tables have every stage and class`() {
        #expect(Set(Self.tens.map(\.0)) == Set(Stage.allCases))
        #expect(Set(Self.ones.map(\.0)) == Set(FailureClass.allCases).subtracting([.usage]))
    }

    static let answers: [(Int, Text?, FailureClass)] = [
        (400, "M_BAD_JSON", .refused), (401, "M_UNAUTHORIZED", .refused), (403, "M_FORBIDDEN", .refused),
        (405, "M_UNRECOGNIZED", .refused), (400, nil, .protocol), (403, nil, .protocol), (404, nil, .protocol),
        (404, "M_NOT_FOUND", .notFound), (404, "M_UNRECOGNIZED", .notFound), (429, "M_LIMIT_EXCEEDED", .unavailable),
        (429, nil, .unavailable), (500, "M_UNKNOWN", .unavailable), (502, nil, .unavailable),
        (599, nil, .unavailable), (600, nil, .protocol), (199, nil, .protocol),
    ]

    @Test(arguments: answers)
    func `an answer's class comes of its status and errcode`(status: Int, errcode: Text?, kind: FailureClass) {
        let response = errcode.map { Response.error(status, $0) } ?? .text("<h1>", status: status)
        #expect(ErrorAnswer(response).failureClass == kind)
    }

    private static let place: Destination = {
        let server = ServerName.named("a.example:443")
        return Destination(server: server, rule: "2", name: server)
    }()

    @Test func `a refusal is said in the remote's own words`() {
        let refused = Failure(
            .makeJoin, .refused(ErrorAnswer(.error(403, "M_FORBIDDEN", "you are banned"))), at: Self.place)
        #expect(refused.message == #"a.example:443 refused: "you are banned""#)
        #expect(refused.side == .theirs)
    }

    @Test func `a refusal without words is said by its numbers`() {
        let silent = ErrorAnswer(.json(["errcode": "M_FORBIDDEN"], status: 403))
        #expect(
            Failure(.makeJoin, .refused(silent), at: Self.place).message
                == "a.example:443 answered with status 403 M_FORBIDDEN")
    }

    @Test func `a web server's page is the word of something between`() {
        let failure = Failure(.makeJoin, .refused(ErrorAnswer(.text("<h1>", status: 502))), at: Self.place)
        #expect(failure.message == "a.example:443 answered with status 502 and no errcode")
        #expect(failure.side == .between)
    }

    static let tools: [(TransportError.Kind, String?)] = [
        (.name, "dig a.example A a.example AAAA"),
        (.tls, "openssl s_client -connect a.example:443 -servername a.example </dev/null"),
        (.connect, "curl -v 'https://a.example:443/_matrix/federation/v1/version'"),
        (.timeout, "curl -v 'https://a.example:443/_matrix/federation/v1/version'"),
        (.cancelled, nil),
    ]

    @Test(arguments: tools)
    func `a fault below HTTP comes with a line that shows it`(kind: TransportError.Kind, command: String?) {
        #expect(Failure(.discovery, .transport(.fake(kind)), at: Self.place).command == command)
    }

    private static func mismatch(_ name: Text, _ certificate: [String]) -> Failure {
        let server = ServerName.named(name)
        var exchange = Exchange()
        exchange.tls = TLSFacts(
            version: "TLSv1.3", subject: "", issuer: "", names: certificate, notBefore: "", notAfter: "",
            verified: false)
        let words = "SSL: no alternative certificate subject name matches target host name 'a.example'"
        let error = TransportError(kind: .tls, description: words, exchange: exchange)
        let rule: Text = server.port == nil ? "6" : "2"
        return Failure(.directory, .transport(error), at: Destination(server: server, rule: rule, name: server))
    }

    @Test func `a certificate for another name is said to be for which, and only what may delegate is told to`() {
        let named = Self.mismatch("a.example", ["b.example", "c.example"])
        #expect(named.message.hasSuffix(": the certificate is for b.example, c.example"))
        #expect(named.hints.first?.text.hasPrefix("delegate by well-known") == true)
        let ported = Self.mismatch("a.example:8448", [])
        #expect(ported.message.hasSuffix("'a.example'"))
        #expect(ported.hints.map(\.text) == ["or get a certificate for a.example"])
    }

    @Test(
        arguments: [
            (["192.0.2.1"], "only IPv4"), (["2001:db8::1"], "only IPv6"),
            (["192.0.2.1", "2001:db8::1"], "try -4 or -6"),
        ] as [([Text], String)])
    func `the other family is advised where there is one`(addresses: [Text], words: String) {
        var place = Self.place
        place.addresses = addresses
        let error = TransportError(kind: .connect, description: "failed to connect: Network is unreachable")
        let hints = Failure(.directory, .transport(error), at: place).hints
        #expect(hints.first?.text.contains(words) == true, "\(hints)")
    }

    @Test func `a refusal for now says how long, and one for a version which`() {
        let limited = ErrorAnswer(.json(["errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 600_000], status: 429))
        let first = Failure(.makeJoin, .refused(limited), at: Self.place).hints.first
        #expect(first?.text == "it asks to wait 10m: try again then")
        let once = ErrorAnswer(.json(["errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1000], status: 429))
        #expect(
            Failure(.makeJoin, .refused(once), at: Self.place).hints.first?.text
                == "it asks to wait 1s: try again then, or with --retry N")
        let future = ErrorAnswer(
            .json(["errcode": "M_INCOMPATIBLE_ROOM_VERSION", "room_version": "org.example.future"], status: 400))
        #expect(
            Failure(.makeJoin, .refused(future), at: Self.place).hints.first?.text
                == #"the room is of version "org.example.future""#)
    }

    @Test(arguments: [(600, "0.6s"), (1000, "1s"), (40_000, "40s"), (599_400, "10m"), (7_500_000, "2h 5m")])
    func `a wait is said in the units that people count in`(milliseconds: Int, words: String) {
        #expect(Waiting.words(milliseconds) == words)
    }

    @Test func `the line that shows our key goes where our name leads`() {
        let us = ServerName.named("us.example")
        let place = Destination(server: us, rule: "3.2", name: ServerName.named("m.example:41517"))
        #expect(DiagnosisNames.own(place).line(.curlKey) == "curl -v 'https://m.example:41517/_matrix/key/v2/server'")
        let record = Destination(
            server: us, rule: "4", name: us, targets: [Request.Place(host: "t.example", port: 8450)])
        #expect(
            DiagnosisNames.own(record).line(.curlKey)
                == "curl -v --connect-to ::t.example:8450 'https://us.example:8450/_matrix/key/v2/server'")
        let refused = ErrorAnswer(.error(401, "M_UNAUTHORIZED", "Failed to find any key to satisfy"))
        #expect(
            Failure(.makeJoin, .refused(refused), at: Self.place, us: us).command
                == "curl -v 'https://us.example:8448/_matrix/key/v2/server'")
    }

    @Test func `an address has no name to ask for`() {
        let server = ServerName.named("[::1]:8448")
        let place = Destination(server: server, rule: "1", name: server)
        let failure = Failure(.discovery, .transport(.fake(.tls)), at: place)
        #expect(failure.command == "openssl s_client -connect [::1]:8448 </dev/null")
    }
}
