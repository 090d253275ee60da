import Foundation
import TestSupport
import Testing

/// Answers made to harm whoever reads them: each ends with a clear word and its exit code.
@Suite struct HostileAnswerTests {
    struct Hostile: CustomTestStringConvertible {
        let testDescription: String
        let status: Int32
        let words: String
        let answer: @Sendable () -> String
    }

    private static let create = """
        {"type":"m.room.create","state_key":"","sender":"@c:a","room_id":"!r:a","content":{"room_version":"11"},\
        "origin_server_ts":1,"depth":1,"prev_events":[],"auth_events":[],"hashes":{"sha256":"AAAA"},"signatures":{}}
        """

    private static func answer(_ events: String...) -> String {
        "{\"state\":[\(events.joined(separator: ","))],\"auth_chain\":[]}"
    }

    private static func changed(_ old: String, _ new: String) -> String {
        create.replacingOccurrences(of: old, with: new)
    }

    private static func hostile(
        _ description: String, _ status: Int32, _ words: String, _ answer: @escaping @Sendable () -> String
    ) -> Hostile { Hostile(testDescription: description, status: status, words: words, answer: answer) }

    private static let unusable = "it is no answer to send_join"
    private static let lacking = "there is no create event in the state"

    static let all: [Hostile] = [
        hostile("null", 95, unusable) { "null" },
        hostile("a list", 95, unusable) { "[]" },
        hostile("the first version's pair", 95, unusable) { "[200,{\"state\":[]}]" },
        hostile("a page", 95, unusable) { "<html><body>502 Bad Gateway</body></html>" },
        hostile("nothing", 95, unusable) { "" },
        hostile("a cut off answer", 95, unusable) { String(answer(create).dropLast(40)) },
        hostile("a state that is no list", 95, unusable) { "{\"state\":{},\"auth_chain\":[]}" },
        hostile("elements that are no events", 99, lacking) { answer("null", "7", "\"x\"", "[]", "{}") },
        hostile("deep nesting", 95, "nest") {
            answer(String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
        },
        hostile("a key twice", 99, lacking) { answer(changed("\"depth\":1", "\"depth\":1,\"depth\":1")) },
        hostile("a create event of more than 64 KiB", 99, lacking) {
            answer(changed("\"room_version\"", "\"x\":\"\(String(repeating: "y", count: 66_000))\",\"room_version\""))
        },
        hostile("an event with 10,000 signers", 99, lacking) {
            let signers = (0..<10_000).map { "\"s\($0)\":{}" }.joined(separator: ",")
            return answer(changed("\"signatures\":{}", "\"signatures\":{\(signers)}"))
        },
        hostile("a hash with stray bits", 99, "not signed by a") {
            answer(changed("AAAA", String(repeating: "A", count: 42) + "B"))
        },
        hostile("power levels of 10,000 users", 99, lacking) {
            let users = (0..<10_000).map { "\"@u\($0):a\":50" }.joined(separator: ",")
            return answer(
                changed("m.room.create", "m.room.power_levels")
                    .replacingOccurrences(of: "\"room_version\":\"11\"", with: "\"users\":{\(users)}"))
        },
    ]

    @Test(arguments: all)
    func `a hostile answer ends with a clear word`(hostile: Hostile) async throws {
        let runner = try CommandRunner()
        try hostile.answer().write(toFile: "\(runner.home.path)/answer", atomically: true, encoding: .utf8)
        let result = try await runner.run("verify", "answer", "--offline")
        #expect(result.status == hostile.status, "\(result.stderr)")
        let error = try #require(result.stderrLines.first)
        #expect(error.hasPrefix("fedjoin: error: verify: "))
        #expect(error.contains(hostile.words), "\(error)")
        #expect(error.utf8.count < 400)
    }
}
