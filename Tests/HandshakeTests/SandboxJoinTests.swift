import Federation
import Matrix
import Sandbox
import TestSupport
import Testing

@testable import Handshake

/// Whole handshakes over real TLS against the embedded resident, which checks signatures and events as a homeserver.
@Suite struct SandboxJoinTests {
    @Test(arguments: RoomVersion.all)
    func `joins and leaves a room of version`(version: RoomVersion) async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        var request = try world.request("v\(version.id)")
        request.content.displayName = "Zoë 🦊"
        request.content.reason = "e\u{301}"
        let (handshake, journal) = world.handshake(request)

        let room = try await handshake.join()
        let joined = try #require(world.resident.membership(of: world.user, in: world.alias("v\(version.id)")))
        #expect(joined.membership == "join")
        #expect(joined.event == journal.facts.eventID)
        #expect(joined.content["displayname"] == "Zoë 🦊")
        #expect(joined.content["reason"] == .string("e\u{301}"))
        #expect(room.version == version)
        #expect(journal.facts.sent == true)
        #expect(journal.facts.verified == true)
        #expect(journal.facts.warnings == 0)

        try await handshake.leave(room)
        let left = try #require(world.resident.membership(of: world.user, in: world.alias("v\(version.id)")))
        #expect(left.membership == "leave")
        #expect(left.content["displayname"] == nil)
        #expect(journal.facts.eventID == joined.event)
        #expect(journal.facts.leaveEventID == left.event)
    }

    @Test func `joins a restricted room with the resident's signature beside ours`() async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let (handshake, _) = world.handshake(try world.request("restricted"))
        _ = try await handshake.join()
        let joined = try #require(world.resident.membership(of: world.user, in: world.alias("restricted")))
        #expect(joined.content["join_authorised_via_users_server"] == .string(Text("@resident:\(world.resident.name)")))
        let came = world.records.contains { record in
            guard case .check(let check) = record.event else { return false }
            return check.check == "returned_event" && check.result == .pass && check.detail.hasSuffix("2 servers")
        }
        #expect(came)
    }

    @Test(arguments: Lie.allCases)
    func `signs and sends nothing when the template lies in its`(lie: Lie) async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let failure = try await failure(world, "lie-\(lie.rawValue)")
        #expect(failure.exit == 49)
        #expect(failure.stage == .makeJoin)
        #expect(failure.side == .theirs)
        #expect(world.resident.requests.contains { $0.hasPrefix("GET /_matrix/federation/v1/make_join/") })
        #expect(!world.resident.requests.contains { $0.hasPrefix("PUT ") })
        #expect(world.resident.membership(of: world.user, in: world.alias("lie-\(lie.rawValue)")) == nil)
        let signing = world.records.contains { record in
            if case .stageStart(let start) = record.event { start.stage == .sign } else { false }
        }
        #expect(!signing)
    }

    @Test func `repeats the words of a room that wants an invite`() async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let failure = try await failure(world, "invite")
        #expect(failure.exit == 46)
        #expect(failure.answer?.message == "You are not invited to this room.")
        #expect(failure.hints.first?.id == "not-invited")
    }

    @Test func `fails at the directory for an alias that is not there`() async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        #expect(try await failure(world, "nowhere").exit == 37)
    }

    @Test func `signs no request to a server whose certificate is not right, and looks at that once`() async throws {
        let world = try SandboxWorld(trusts: false)
        defer { world.stop() }
        #expect(try await failure(world, "v11").exit == 33)
        #expect(world.resident.requests == ["GET /_matrix/federation/v1/version"])
    }

    @Test func `is refused where the resident cannot fetch our key`() async throws {
        let world = try SandboxWorld(isTrusted: false)
        defer { world.stop() }
        let failure = try await failure(world, "v11")
        #expect(failure.exit == 36)
        #expect(failure.answer?.status == 401)
        #expect(failure.hints.first?.id == "own-key-unreachable")
    }

    @Test func `changes nothing when told to stop before it sends`() async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        var request = try world.request("v12")
        request.stopAfter = .sign
        let (handshake, journal) = world.handshake(request)
        let end = await end(of: handshake)
        guard case .stopped(after: .sign) = end else {
            Issue.record("it ended otherwise: \(String(describing: end))")
            return
        }
        #expect(journal.facts.sent == false)
        #expect(journal.facts.eventID != nil)
        #expect(!world.resident.requests.contains { $0.hasPrefix("PUT ") })
    }

    private func failure(_ world: SandboxWorld, _ alias: String) async throws -> Failure {
        try await failure(world, try world.request(alias))
    }

    private func failure(_ world: SandboxWorld, _ request: MembershipRequest) async throws -> Failure {
        let (handshake, _) = world.handshake(request)
        let end = await end(of: handshake)
        guard case .failed(let failure) = end else {
            throw Unexpected(description: "the join did not fail: \(String(describing: end))")
        }
        return failure
    }

    private func end(of handshake: Handshake) async -> End? {
        do throws(End) {
            _ = try await handshake.join()
            return nil
        } catch {
            return error
        }
    }

    private struct Unexpected: Error { let description: String }
}
