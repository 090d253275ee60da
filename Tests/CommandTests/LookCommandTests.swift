import Federation
import Foundation
import Matrix
import Sandbox
import TestSupport
import Testing

/// `resolve` and `self` as a person runs them, against servers on loopback over real TLS.
@Suite(.timeLimit(.minutes(5))) struct LookCommandTests {
    private let authority: Authority
    private let bundle: TemporaryFile
    private let runner: CommandRunner

    init() throws {
        authority = try Authority.make()
        bundle = TemporaryFile(authority.certificatePEM)
        runner = try CommandRunner()
    }

    private func server(_ identity: TLSIdentity, date: Int = 0) throws -> HTTPSServer {
        try HTTPSServer(listen: SocketPlace(address: "127.0.0.1", port: 0), identity: identity) { request in
            guard request.target == "/_matrix/federation/v1/version" else {
                return .json(404, ["errcode": "M_UNRECOGNIZED", "error": "no"])
            }
            var answer = ServerAnswer.json(200, ["server": ["name": "Fake \u{1B}[31m", "version": "1.0"]])
            if date != 0 { answer.headers.append(Header(name: "Date", value: HTTPTime.text(WallClock.now() + date))) }
            return answer
        }
    }

    private func resolve(_ identity: TLSIdentity, _ options: String = "") async throws -> CommandRunner.Result {
        let server = try server(identity)
        defer { server.stop() }
        return try await runner.shell("fedjoin resolve 127.0.0.1:\(server.port) --cacert \(bundle.path) \(options)")
    }

    @Test func `resolve shows the rule, the address, the certificate and the software`() async throws {
        let result = try await resolve(try .throwaway(names: ["127.0.0.1"], authority: authority))
        #expect(result.status == 0)
        #expect(result.stderr == "")
        let lines = result.stdoutLines
        #expect(
            lines.contains { $0.hasPrefix(" ok 127.0.0.1:") && $0.contains("(spec rule 1), certificate 127.0.0.1") })
        #expect(
            lines.contains { $0.hasPrefix(" ok IPv4 127.0.0.1:") && $0.contains(#""Fake \u{1b}[31m" "1.0", TCP "#) })
        #expect(lines.contains { $0.hasPrefix(" ok   TLSv1.3, certificate verified: subject CN=127.0.0.1, names") })
        #expect(
            lines.contains { $0.hasPrefix(" ok   issuer CN=fedjoin throw-away authority") && $0.hasSuffix("1 sent") })
        #expect(lines.contains(" ok IPv4: 1 of 1 addresses answer"))
        #expect(!result.stdout.contains("\u{1B}"))
    }

    @Test func `resolve exits with what is wrong with the certificate`() async throws {
        let unknown = try Authority.make()
        let cases: [(TLSIdentity, String)] = [
            (try .throwaway(names: ["127.0.0.1"], authority: authority, lifetime: .seconds(-60)), "expired"),
            (try .throwaway(names: ["other.example"], authority: authority), "ip-literal-cert"),
            (try .throwaway(names: ["127.0.0.1"], authority: unknown), "unknown-authority"),
            (try .throwaway(names: ["127.0.0.1"]), "self-signed"),
            (
                try .throwaway(
                    names: ["127.0.0.1"], authority: authority.intermediate(), issuerURL: "http://ca.example/r11.der"),
                "missing-intermediate"
            ),
        ]
        for (identity, id) in cases {
            let result = try await resolve(identity)
            #expect(result.status == 23, "\(id)")
            #expect(result.stderrLines.last == "fedjoin: more: fedjoin explain \(id)")
            #expect(result.stdoutLines.contains { $0.hasPrefix("***   TLSv1.3, certificate NOT verified: subject") })
        }
    }

    @Test func `what is not verified is loud, and passes`() async throws {
        let result = try await resolve(try .throwaway(names: ["127.0.0.1"]), "--insecure")
        #expect(result.status == 0)
        #expect(result.stdoutLines.contains(" !! certificates of any server are NOT verified"))
        #expect(result.stdoutLines.contains { $0.hasPrefix(" ok   TLSv1.3, certificate NOT verified") })
    }

    @Test func `the records have the rule and the address`() async throws {
        let result = try await resolve(
            try .throwaway(names: ["127.0.0.1"], authority: authority), "-o ndjson")
        let records = try result.stdoutLines.map { try JSON(parsing: Array($0.utf8)) }
        func record(_ type: Text) -> JSON? { records.first { $0["type"]?.text == type } }
        #expect(record("rule")?["role"]?.text == "decisive")
        #expect(record("rule")?["rule"]?.text == "1")
        let address = record("address")
        #expect(address?["result"]?.text == "pass")
        #expect(address?["family"]?.text == "v4")
        #expect(address?["tls"]?["chain"]?.integer == 1)
        #expect(address?["software"]?.text == "Fake \u{1B}[31m")
        #expect(record("run_start")?["origin"] == .null)
        #expect(record("run_end")?["exit"]?.integer == 0)
        try expectFields(records, ["rule", "address"])
    }

    /// The man page has every field of these records.
    private func expectFields(_ records: [JSON], _ types: [Text]) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let page = try String(contentsOf: root.appending(path: "man/fedjoin.1"), encoding: .utf8)
        for type in types {
            let record = try #require(records.first { $0["type"]?.text == type }?.object)
            let start = try #require(page.range(of: ".It Va \(type)\n")).upperBound
            let text = page[start...].components(separatedBy: "\n.It ").first ?? ""
            let words = Set(text.split { !$0.isLetter && $0 != "_" }.map(String.init))
            for member in record.members where !["v", "type", "t"].contains(member.key) {
                #expect(words.contains(member.key.string), "\(type): \(member.key)")
            }
        }
    }

    @Test func `a run that takes too long is ended`() async throws {
        let silent = RawServer(nil, [.silence])
        defer { silent.stop() }
        let result = try await runner.shell("fedjoin resolve 127.0.0.1:\(silent.port) --max-time 0.3")
        #expect(result.status == 24)
        #expect(result.stderrLines.first == "fedjoin: error: discovery: the run took longer than --max-time allows")
    }

    @Test func `a clock that is minutes off is warned of by how much`() async throws {
        let server = try server(try .throwaway(names: ["127.0.0.1"], authority: authority), date: -3_660_000)
        defer { server.stop() }
        let result = try await runner.shell("fedjoin resolve 127.0.0.1:\(server.port) --cacert \(bundle.path)")
        #expect(result.status == 0)
        #expect(
            result.stdoutLines.contains { $0.hasPrefix(" !! the clock of 127.0.0.1:\(server.port) is 1h 1m behind") })
    }

    /// `resolve a.example`, whose well-known file redirects once and then says that; no name server answers.
    private func resolveDelegated(_ value: String) async throws -> CommandRunner.Result {
        let names = ["a.example", "b.example"]
        let server = try HTTPSServer(
            listen: SocketPlace(address: "127.0.0.1", port: 0),
            identity: .throwaway(names: names, authority: authority)
        ) { request in
            switch request.target {
            case "/.well-known/matrix/server":
                ServerAnswer(status: 308, headers: [Header(name: "Location", value: "/elsewhere")])
            case "/elsewhere":
                ServerAnswer(headers: [Header(name: "Cache-Control", value: "max-age=7200")], body: Array(value.utf8))
            default: .json(200, ["server": ["name": "Fake", "version": "1.0"]])
            }
        }
        defer { server.stop() }
        let detours = names.map { "--connect-to \($0):443:127.0.0.1:\(server.port)" }.joined(separator: " ")
        return try await runner.shell(
            "fedjoin resolve a.example --cacert \(bundle.path) --dns-server 127.0.0.1:1 \(detours)",
            timeout: .seconds(60))
    }

    @Test func `resolve follows the well-known file, and shows what the rules after it would have given`() async throws
    {
        let result = try await resolveDelegated(#"{"m.server":"b.example:443"}"#)
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
        let lines = result.stdoutLines
        #expect(lines.contains(" -> GET https://a.example/elsewhere"))
        #expect(lines.contains(" ok delegated to b.example:443, to be kept for 2 h (Cache-Control)"))
        #expect(lines.contains(" ok a.example is at b.example:443 (spec rule 3.2), certificate b.example"))
        #expect(lines.contains(" .. rule 6 would have given: a.example:8448, certificate a.example"))
        #expect(lines.contains { $0.hasPrefix(" ok IPv4 127.0.0.1:") && $0.contains(#""Fake" "1.0""#) })
    }

    @Test func `a well-known file that is of no use is named, and the next rule decides`() async throws {
        let result = try await resolveDelegated(#"{"m.server":"https://b.example"}"#)
        #expect(result.status == 24, "the name server is silent: \(result.stdout)")
        #expect(
            result.stdoutLines.contains(
                " !! the well-known file is of no use, as if there were none: m.server is \"https://b.example\", "
                    + "which is not a server name: it is a URL, and a scheme has no place in it"))
        #expect(result.stdoutLines.contains { $0.hasPrefix("*** rule 4: _matrix-fed._tcp.a.example: no name server") })
    }

    /// A key of 127.0.0.1 at a free port, which is that of a listener that has gone.
    private func name() throws -> String {
        let server = try server(try .throwaway(names: ["127.0.0.1"]))
        server.stop()
        return "127.0.0.1:\(server.port)"
    }

    @Test func `self publishes our key meanwhile, and finds it`() async throws {
        let name = try name()
        #expect(try await runner.run("key", "generate", "-N", name).status == 0)
        let certificate = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: authority)
        let (chain, key) = (TemporaryFile(certificate.certificatePEM), TemporaryFile(certificate.keyPEM))
        let result = try await runner.shell(
            "fedjoin self --listen \(name) --tls-cert \(chain.path) --tls-key \(key.path) --cacert \(bundle.path)")
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
        #expect(result.stdout.contains("is published, equals the local key, valid for 1d 0h"))
        #expect(result.stdout.contains(" ok no homeserver answers as \(name): the key is served by fedjoin"))
        let throwaway = try await runner.shell("fedjoin self --listen \(name)")
        #expect(throwaway.status == 0)
        #expect(throwaway.stdoutLines.contains(" !! certificates of \(name) are NOT verified"))
        #expect(throwaway.stdout.contains(" !! our certificate was made at start: servers that verify TLS refuse it"))
    }

    @Test func `self has the exit code of what is wrong`() async throws {
        let server = try server(try .throwaway(names: ["127.0.0.1"], authority: authority))
        defer { server.stop() }
        let name = "127.0.0.1:\(server.port)"
        #expect(try await runner.run("key", "generate", "-N", name).status == 0)
        #expect(try await runner.run("self").status == 13)
        #expect(try await runner.run("self", "--cacert", bundle.path).status == 17)
        server.stop()
        #expect(try await runner.run("self").status == 12)
    }
}
