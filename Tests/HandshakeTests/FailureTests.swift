import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct FailureTests {
    static let tens: [(Stage, Int)] = [
        (.identity, 10), (.discovery, 20), (.directory, 30), (.request, 30), (.keys, 30), (.makeJoin, 40),
        (.makeLeave, 40), (.sign, 50),
        (.sendJoin, 80), (.sendLeave, 80), (.verify, 90),
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
        (.name, "dig +short a.example A a.example AAAA"),
        (.tls, "openssl s_client -connect a.example:443 -servername a.example </dev/null"),
        (.connect, "curl -v 'https://a.example:443/_matrix/federation/v1/version'"),
        (.timeout, "curl -v 'https://a.example:443/_matrix/federation/v1/version'"),
        (.cancelled, nil),
    ]

    @Test(arguments: tools)
    func `a fault below HTTP comes with a line that shows it`(kind: TransportError.Kind, command: String?) {
        #expect(Failure(.discovery, .transport(.fake(kind)), at: Self.place).command == command)
    }

    @Test func `an address has no name to ask for`() {
        let server = ServerName.named("[::1]:8448")
        let place = Destination(server: server, rule: "1", name: server)
        let failure = Failure(.discovery, .transport(.fake(.tls)), at: place)
        #expect(failure.command == "openssl s_client -connect [::1]:8448 </dev/null")
    }
}
