import Matrix
import TestSupport
import Testing

@testable import Federation

@Suite struct WellKnownTests {
    private func outcome(
        _ answering: @escaping FakeTransport.Answering
    ) async throws -> (
        WellKnown.Outcome, FakeTransport
    ) {
        let transport = FakeTransport(answering)
        let host = try #require(ServerName("a.example"))
        return (await WellKnown.look(up: host, transport, verifiesPeer: true, policy: .anywhere), transport)
    }

    static let bad: [(String, Int, String)] = [
        ("", 200, "not JSON"), ("<h1>hello</h1>", 200, "not JSON"), (#"{"m.server": "b.example""#, 200, "not JSON"),
        (#"{"m.server": "b.example"} x"#, 200, "not JSON"),
        (#"{"m.server": "b.example", "m.server": "c.example"}"#, 200, "not JSON"),
        ("\u{FEFF}{\"m.server\": \"b.example\"}", 200, "not JSON"),
        ("{}", 200, "no m.server"), ("[]", 200, "not a JSON object"), (#""b.example""#, 200, "not a JSON object"),
        (#"{"m.homeserver": "b.example"}"#, 200, "no m.server"),
        (#"{"m.server": null}"#, 200, "not a string"), (#"{"m.server": ["b.example"]}"#, 200, "not a string"),
        (#"{"m.server": ""}"#, 200, "not a server name"), (#"{"m.server": "b.example:"}"#, 200, "not a server name"),
        (#"{"m.server": "b.example:99999"}"#, 200, "not a server name"),
        (#"{"m.server": "https://b.example"}"#, 200, "not a server name"),
        (#"{"m.server": "b.example/"}"#, 200, "not a server name"),
        (#"{"m.server": "b.example\n"}"#, 200, "not a server name"),
        (#"{"m.server": "b.example"}"#, 404, "status 404"), (#"{"m.server": "b.example"}"#, 500, "status 500"),
        (#"{"m.server": "b.example"}"#, 204, "status 204"), (#"{"m.server": "b.example"}"#, 301, "status 301"),
    ]

    @Test(arguments: bad)
    func `anything but a document with a server name is no delegation, with the reason`(
        body: String, status: Int, reason: String
    ) async throws {
        let (outcome, _) = try await outcome { _ in .text(body, status: status) }
        switch outcome {
        case .delegated: Issue.record("delegated by \(body)")
        case .none(let said): #expect(said.contains(reason) && status == 404)
        case .unusable(let said): #expect(said.contains(reason) && status != 404)
        }
    }

    @Test func `a fault on the way is no delegation either`() async throws {
        for kind in [TransportError.Kind.name, .connect, .timeout, .reset, .other] {
            let (outcome, _) = try await outcome { _ throws(TransportError) in throw .fake(kind) }
            #expect(outcome == .none("a test's \(kind.rawValue) fault"))
        }
    }

    @Test(arguments: [TransportError.Kind.tls, .protocolFault, .tooLarge, .blocked])
    func `a file that is there and must not be taken is of no use`(kind: TransportError.Kind) async throws {
        let (outcome, _) = try await outcome { _ throws(TransportError) in throw .fake(kind) }
        #expect(outcome == .unusable("a test's \(kind.rawValue) fault"))
    }

    @Test(arguments: ["text/html", "application/json", ""] as [Text])
    func `a document counts whatever type it says it is`(type: Text) async throws {
        let (outcome, _) = try await outcome { _ in .text(#" {"m.server": "b.example:1", "x": 1} "#, type: type) }
        let name = try #require(ServerName("b.example:1"))
        #expect(outcome == .delegated(name, CacheTime(seconds: 86_400, source: "default")))
    }

    @Test func `it is asked for at port 443, with few redirects and a small limit`() async throws {
        let (_, transport) = try await outcome { _ in .json([:]) }
        let request = try #require(transport.requests.first)
        #expect(request.method == .get)
        #expect(request.target == "/.well-known/matrix/server")
        #expect((request.host, request.port) == ("a.example", 443))
        #expect(request.hostHeader == "a.example")
        #expect(request.redirects == 5)
        #expect(request.limits.bodyBytes == 51_200)
        #expect(request.limits.total == .seconds(10))
        #expect(request.headers == [])
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: ["Sun, 06 Nov 2147483647 08:49:37 GMT", "Sun, 17 Aug 292278994 07:12:55 GMT"])
    func `a date that no calendar has is none`(date: Text) {
        let headers = [Header(name: "Expires", value: date), Header(name: "Date", value: date)]
        #expect(CacheTime(Response(status: 200, headers: headers, body: Blob([]))).source == "default")
    }

    static let flaws: [(String, String)] = [
        ("", "it is empty"), ("https://b.example", "it is a URL, and a scheme has no place in it"),
        ("b.example/", "it has a path"), ("b.example :443", "it has white space in it"),
        ("b.example:", "its port is missing"), ("b.example:99999", "its port is not a number from 1 to 65535"),
        ("b.example:https", "its port is not a number from 1 to 65535"),
        ("2001:db8::7", "an IPv6 address stands in brackets"),
        ("b.exämple", "it has other characters than a host and a port"),
    ]

    @Test(arguments: flaws)
    func `what is wrong with m.server is named`(value: String, flaw: String) async throws {
        let (outcome, _) = try await outcome { _ in .json(["m.server": .string(Text(value))]) }
        guard case .unusable(let said) = outcome else {
            Issue.record("taken: \(value)")
            return
        }
        #expect(said.hasSuffix("which is not a server name: \(flaw)"), "\(said)")
    }
}
