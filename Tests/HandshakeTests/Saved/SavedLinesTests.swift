import Federation
import Matrix
import Testing

@testable import Handshake

/// What a saved run tells a person to copy, or to do.
@Suite struct SavedLinesTests {
    static let names: [DiagnosisNames] = {
        let servers: [ServerName] = ["a.example", "a.example:1", "127.0.0.1:8448", "[::1]", "-f.example"].compactMap {
            ServerName($0)
        }
        let targets = [[], [Request.Place(host: "t_1.example", port: 8449)]]
        let known = servers.flatMap { server in
            targets.map { Destination(server: server, rule: "1", name: server, targets: $0) }
        }
        return known.map { DiagnosisNames($0) } + known.map { .own($0) } + [DiagnosisNames()]
    }()

    static let tools: [Diagnosis.Tool] = [
        .dig, .digSRV, .openssl, .curl, .curlKey, .curlTheirKey, .curlWellKnown,
    ]

    @Test func `each line of the catalogue is itself when it is read back`() {
        for names in Self.names {
            for tool in Self.tools {
                guard let line = names.line(tool) else {
                    // It would be an option.
                    #expect(
                        names.host.hasPrefix("-") && [.dig, .digSRV, .openssl].contains(tool), "\(tool) of \(names)")
                    continue
                }
                #expect(line == names.filled(tool.rawValue))
                #expect(ToolLine(line)?.text == line)
            }
        }
    }

    @Test(arguments: [
        "curl -v --cacert 'a b' -4 --resolve a.example:1:127.0.0.1 --connect-to ::b.example:2 -x 'http://p:3128/?' "
            + "'https://a.example:1/_matrix/federation/v1/version'",
        "dig @::1 -p 53 a.example A a.example AAAA",
        "openssl s_client -CAfile ca.pem -6 -connect a.example:8448 -servername a.example </dev/null",
    ])
    func `so is one with the options of a run`(line: String) { #expect(ToolLine(line)?.text == line) }

    @Test(arguments: [
        "", "rm -rf ~", "rm -rf x", "fedjoin leave x", "curl", "curl -v", "curl -v 'https://a.example/x'",
        "curl -v 'https://a.example:1/_matrix/key/v2/server' 'https://b.example/_matrix/key/v2/server'",
        "curl -v -o .profile 'https://a.example:1/_matrix/key/v2/server'",
        "curl -v -K x 'https://a.example:1/_matrix/key/v2/server'",
        "curl -v 'https://a.example:1/_matrix/key/v2/server' -o .profile",
        "curl -v 'http://a.example:1/_matrix/key/v2/server'",
        "curl -v 'https://a[1-9999].example:1/_matrix/key/v2/server'",
        "curl -v 'https://me@a.example/_matrix/key/v2/server'",
        "curl -v --cacert ~ 'https://a.example:1/_matrix/key/v2/server'",
        "curl -v --cacert {a,b} 'https://a.example:1/_matrix/key/v2/server'",
        "curl -v 'https://a.example:1/_matrix/key/v2/server'; rm -rf x",
        "curl -v 'https://a.example:1/_matrix/key/v2/server' | sh", "dig -f x A -f x AAAA", "dig a.example A b AAAA",
        "dig @a.example\n A", "dig $(x) A $(x) AAAA", "dig @1.2.3.4 -p x a.example A a.example AAAA",
        "openssl s_client -connect a.example:1 -engine x </dev/null", "openssl s_client -connect a.example:1 <x",
        "openssl enc -d -in x </dev/null", "openssl s_client -connect a.example:1", "openssl s_client x </dev/null",
    ])
    func `a line that is none of them is no line to copy`(line: String) { #expect(ToolLine(line) == nil) }

    @Test(arguments: [
        [], ["-N", "'a b'", "--signing-key", #"'it'\''s'"#], ["-4v", "-Na.example", "-vu", "me", "--proxy=http://p"],
        ["--cacert", "''", "--listen", "[::1]:8448", "--insecure", "-x", "-4", "-m", "9", "--user-agent=a"],
    ])
    func `the options of a line that undoes a run are themselves when they are read back`(words: [String]) {
        #expect(UndoOptions.read(words.map { Text($0) }) == words)
    }

    @Test(arguments: [
        (
            ["-N", "'a b'", "--signing-key", "k", "--serve-keys", "--listen", "[::1]:0"],
            ["-N", "'a b'", "--signing-key", "k", "--listen", "[::1]:0"]
        ),
        (["--linger=5", "--linger", "0", "-4", "-u", "me", "-uyou", "--user=x", "--force"], ["-4"]),
        (["--no-self-check", "--tls-cert=c", "--cacert", "'a b'"], ["--tls-cert=c", "--cacert", "'a b'"]),
    ])
    func `a server for a run's key is told what of its options it takes`(options: [String], served: [String]) {
        #expect(UndoOptions.served(options) == served)
    }

    @Test(arguments: [
        ["; rm -rf x"], ["$(x)"], ["'a' `x`"], ["a\nb"], ["'"], ["a|b"], ["\"a\""], ["\\"], ["a #b"], ["a > b"], ["~"],
        ["x"], ["--har", ".profile"], ["--har=.profile"], ["--save", "x"], ["-o", "json"], ["-4", "--via", "x"],
        ["-4o"],
        ["--reason", "x"], ["-N"], ["--cacert", "!x"], ["--cacert", "{a,b}"], ["--cacert", "a b"], ["-"], ["--"], [""],
        ["--cacert", "*"], ["--insecure=x"],
    ])
    func `what is none of them is refused whole`(words: [String]) {
        #expect(UndoOptions.read(words.map { Text($0) }) == nil)
    }

    @Test func `each hint of ours is itself when it is read back`() {
        for names in Self.names {
            for text in Diagnosis.catalogue.flatMap({ $0.hints + [$0.cause] }) {
                let filled = names.filled(text)
                #expect(Hint(saved: "x", filled).text == filled)
            }
        }
        let values: [HintForm: String] = [
            .notTriedAgain: "2h 5m", .otherFamily: "4", .wait: "1.5s", .waitOrRetry: "40s", .roomVersion: #""13""#,
            .sendAgain: "'a b/event.json'", .ownKeyUnreachable: "no answer", .ownServer: "a.example",
        ]
        for form in HintForm.allCases {
            let text =
                switch form {
                case .maybeTaken: form.filled("a.example", "$x")
                case .badWellKnown: form.filled("a.example", "status 500")
                default: form.filled(values[form] ?? "")
                }
            #expect(!text.contains("{"))
            #expect(Hint(saved: "x", text).text == text)
        }
    }

    @Test(arguments: [
        "fedjoin self -N a.example --signing-key 'a b' shows what others see of our key",
        "it has to reach a.example from outside: fedjoin self -N a.example",
        "compare: fedjoin self --signing-key '$x', and fedjoin key show",
        "no check of ours was made: fedjoin self -N a.example makes it",
        "send the same event again: fedjoin send-join run/event.json -N a.example --cacert 'c a.pem' --linger 0",
    ])
    func `so is one that a run has completed`(text: String) { #expect(Hint(saved: "x", text).text == text) }

    @Test(arguments: [
        "run this: rm -rf ~", "", "fedjoin self -N a.example; rm -rf x shows what others see of our key",
        "fedjoin self --har x shows what others see of our key", "fedjoin self $(x) shows what others see of our key",
        "does the name lead there? fedjoin resolve a.example; rm -rf x",
        "send the same event again: fedjoin send-join x; rm -rf /event.json",
        "send the same event again: fedjoin send-join 'x' --har y/event.json", "to be sure: fedjoin leave --insecure",
        "send the same event again: fedjoin send-join --signing-key=/event.json --insecure",
        "the room is of version 11 (to mend it: curl a.example | sh)", #"the room is of version "1" or "2""#,
    ])
    func `the words of a hint that are not ours are left out`(text: String) {
        #expect(Hint(saved: "x", text) == Hint("x", "(left out: what fedjoin does not say itself)"))
    }
}
