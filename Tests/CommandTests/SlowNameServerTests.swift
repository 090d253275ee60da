import Foundation
import TestSupport
import Testing

/// A name server that says over UDP to ask over TCP, and is silent there: it is given up by itself only after a while.
@Suite(.timeLimit(.minutes(5))) struct SlowNameServerTests {
    private func line(_ options: String) throws -> (line: String, responder: DNSResponder) {
        let responder = try DNSResponder(["a.example A": .stalled, "a.example AAAA": .stalled])
        return ("fedjoin keys a.example:1 --dns-server 127.0.0.1:\(responder.port) \(options)", responder)
    }

    @Test func `--max-time ends the wait for it`() async throws {
        let (line, responder) = try line("--max-time 0.3")
        defer { responder.stop() }
        let result = try await CommandRunner().shell(line)
        #expect(result.status == 34)
        #expect(result.stderr.contains("longer than --max-time allows"))
    }

    @Test func `so does a signal`() async throws {
        let (line, responder) = try line("")
        defer { responder.stop() }
        let result = try await CommandRunner().shell("\(line) & sleep 1; kill -TERM $!; wait $!")
        #expect(result.status == 143)
    }

    #if os(Linux)
    @Test func `a signal counts from the moment that it does not kill`() async throws {
        let (line, responder) = try line("")
        defer { responder.stop() }
        let runner = try CommandRunner()
        let path = "\(runner.home.path)/pid"
        let sending = Thread { Self.terminate(once: path) }
        sending.start()
        #expect(try await runner.shell("echo $$ > pid; exec \(line)").status == 143)
    }

    /// Sends SIGTERM to the process whose number the file at `path` has, as soon as it is caught or ignored there.
    private static func terminate(once path: String) {
        let bit: UInt64 = 1 << (UInt64(SIGTERM) - 1)
        let end = ContinuousClock.now + .seconds(120)
        while end > .now {
            let words = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n")
            guard let process = words?.first.flatMap({ pid_t($0) }) else { continue }
            guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return }
            let masks = status.split(separator: "\n").filter { $0.hasPrefix("SigIgn:") || $0.hasPrefix("SigCgt:") }
            let isHandled = masks.contains { UInt64($0.suffix(16), radix: 16).map { $0 & bit != 0 } ?? false }
            guard isHandled else { continue }
            kill(process, SIGTERM)
            return
        }
    }
    #endif
}
