import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Templates that must not be signed: whatever lies in one, the run stops at 49 and nothing is sent.
@Suite struct TemplateTests {
    struct Lie: CustomTestStringConvertible {
        let field: String
        let version: RoomVersion
        let change: @Sendable (JSON) -> JSON
        var testDescription: String { field }

        init(_ field: String, _ version: RoomVersion = .v11, _ change: @escaping @Sendable (JSON) -> JSON) {
            self.field = field
            self.version = version
            self.change = change
        }
    }

    private static let event: Text = "event"
    private static let authoriser: Text = "join_authorised_via_users_server"

    static let lies: [Lie] = [
        Lie("type") { $0.changing("event", "type", to: "m.room.message") },
        Lie("type") { $0.changing("event", "type", to: nil) },
        Lie("room_id") { $0.changing("event", "room_id", to: "!other:resident.example:8448") },
        Lie("room_id") { $0.changing("event", "room_id", to: nil) },
        Lie("sender") { $0.changing("event", "sender", to: "@mallory:joiner.example:8448") },
        Lie("sender") { $0.changing("event", "sender", to: 1) },
        Lie("state_key") { $0.changing("event", "state_key", to: "@mallory:joiner.example:8448") },
        Lie("state_key") { $0.changing("event", "state_key", to: "") },
        Lie("content.membership") { $0.changing("event", "content", "membership", to: "leave") },
        Lie("content.membership") { $0.changing("event", "content", to: "join") },
        Lie("room_version") { $0.changing("room_version", to: "99") },
        Lie("room_version") { $0.changing("room_version", to: 11) },
        Lie("room_version") { $0.changing("room_version", to: "12") },
        Lie("depth") { $0.changing("event", "depth", to: -1) },
        Lie("depth") { $0.changing("event", "depth", to: 9_007_199_254_740_992) },
        Lie("depth") { $0.changing("event", "depth", to: nil) },
        Lie("prev_events") { $0.changing("event", "prev_events", to: []) },
        Lie("prev_events") { $0.changing("event", "prev_events", to: "$event") },
        Lie("prev_events") { $0.changing("event", "prev_events", to: ["$short"]) },
        Lie("auth_events") { $0.changing("event", "auth_events", to: []) },
        Lie("auth_events") { $0.changing("event", "auth_events", to: nil) },
        Lie("auth_events", .v1) { $0.changing("event", "auth_events", to: [["$event:a.example", "sha256"]]) },
        Lie("auth_events") { template in
            let named = template["event"]?["auth_events"] ?? []
            return template.changing("event", "auth_events", to: named.appending(named.array?[0] ?? .null))
        },
        Lie("auth_events", .v12) { template in
            let create = template["event"]?["room_id"]?.text.map { "$" + $0.string.dropFirst() } ?? ""
            return template.changing(
                "event", "auth_events", to: (template["event"]?["auth_events"] ?? []).appending(.string(Text(create))))
        },
        Lie(authoriser.string) {
            $0.changing("event", "content", authoriser, to: "@creator:other.example")
        },
        Lie(authoriser.string, .v8) { $0.changing("event", "content", authoriser, to: "creator") },
    ]

    @Test(arguments: lies)
    func `a lying template is not signed`(lie: Lie) async throws {
        var harness = try Harness(lie.version)
        harness.resident.template = lie.change(harness.resident.template)
        let run = await harness.join()
        #expect(run.failure?.exit == 49)
        #expect(run.failure?.stage == .makeJoin)
        #expect(run.failure?.side == .theirs)
        let failed = run.book.checks.filter { $0.check == "template" }
        #expect(failed.map(\.result) == [.fail])
        #expect(failed.first?.subject == Text(lie.field))
        #expect(run.transport.puts.isEmpty)
        #expect(run.facts.sent == false)
        #expect(run.facts.eventID == nil)
    }

    @Test(arguments: [Text("membership"), "unsigned", "hashes", "signatures", "prev_state", "redacts", "made_up"])
    func `what a template holds beyond what is due does not reach our event`(key: Text) async throws {
        var harness = try Harness()
        harness.resident.template = harness.resident.template.changing("event", key, to: ["a": "b"])
        let sent = try #require(await harness.join().transport.puts.first?.json)
        #expect(sent[key]?["a"] == nil)
        #expect(sent["content"] == ["membership": "join"])
    }

    @Test func `neither does what its content holds`() async throws {
        var harness = try Harness(.v10)
        harness.request.content.displayName = "Alice"
        harness.resident.template = harness.resident.template.changing(
            "event", "content", to: ["membership": "join", "displayname": "Mallory", "is_direct": true])
        let sent = try #require(await harness.join().transport.puts.first?.json)
        #expect(sent["content"] == ["membership": "join", "displayname": "Alice"])
    }

    @Test func `a template that does not say its version may be of version 2`() async throws {
        var harness = try Harness(.v2)
        harness.resident.template = harness.resident.template.changing("room_version", to: nil)
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.facts.roomVersion == .v2)
    }
}
