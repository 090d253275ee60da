import Foundation
import TestSupport
import Testing

/// What scripts read of a room that was saved.
@Suite struct VerifyCommandTests {
    private func runner() async throws -> CommandRunner {
        let runner = try CommandRunner()
        let made = try await runner.shell("roomgen generate --events 100 --servers 3 --out room")
        #expect(made.status == 0, "\(made.stderr)")
        return runner
    }

    private static let verify =
        "fedjoin verify room/answer.json --event room/event.json --keys room/keys.json --offline"

    @Test func `every record is an object of one line, and the room is one of them`() async throws {
        let result = try await runner().shell("\(Self.verify) -o ndjson")
        #expect(result.status == 0)
        let records = try result.stdoutLines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(records.first?["type"] as? String == "run_start")
        #expect(records.first?["stages"] as? [String] == ["verify"])
        let room = try #require(records.first { $0["type"] as? String == "room" })
        #expect(room["room_version"] as? String == "11")
        #expect(room["creators"] as? [String] == ["@creator:s00000.example.org"])
        #expect(room["acl_admits_us"] as? Bool == true)
        let powers = try #require(room["powers"] as? [[String: Any]])
        #expect(powers.map { $0["level"] as? Int } == [100, 50])
        let end = try #require(records.last)
        #expect(end["type"] as? String == "run_end")
        #expect(end["verified"] as? Bool == true)
        #expect(end["sent"] as? Bool == false)
    }

    @Test func `json is one object with every finding in it`() async throws {
        let result = try await runner().shell("fedjoin verify room/answer.json --offline -o json")
        #expect(result.status == 99)
        let run = try #require(try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any])
        let records = try #require(run["records"] as? [[String: Any]])
        #expect(records.count { $0["check"] as? String == "event_signature" } == 100)
    }
}
