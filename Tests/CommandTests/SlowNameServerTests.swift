import TestSupport
import Testing

/// A name server that says over UDP to ask over TCP, and is silent there: for 30 seconds it would be waited for.
///
/// What the command takes is held to 25 seconds by timeout(1), which knows nothing of what the tests beside this one take.
@Suite(.timeLimit(.minutes(5))) struct SlowNameServerTests {
    private func line(_ options: String) throws -> (line: String, responder: DNSResponder) {
        let responder = try DNSResponder(["a.example A": .stalled, "a.example AAAA": .stalled])
        return ("timeout 25 fedjoin keys a.example:1 --dns-server 127.0.0.1:\(responder.port) \(options)", responder)
    }

    @Test func `--max-time ends the wait for it`() async throws {
        let (line, responder) = try line("--max-time 0.3")
        defer { responder.stop() }
        let result = try await CommandRunner().shell(line)
        #expect(result.status == 34)
    }

    @Test func `so does a signal`() async throws {
        let (line, responder) = try line("")
        defer { responder.stop() }
        let result = try await CommandRunner().shell("\(line) & sleep 1; kill -TERM $!; wait $!")
        #expect(result.status == 143)
    }
}
