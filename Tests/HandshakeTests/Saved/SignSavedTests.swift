import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// A template in a file is signed as one out of an answer is: what is checked is taken over, and nothing else.
@Suite struct SignSavedTests {
    static let versions: [RoomVersion] = [.v1, .v2, .v3, .v6, .v8, .v10, .v11, .v12]
    private let book = JournalBook()

    private func sign(
        _ value: JSON, version: RoomVersion? = nil, user: UserID? = nil,
        from resident: ServerName? = FakeResident.resident.name, name: Text? = nil
    ) async throws -> EventFile {
        let file = try TemplateFile(parsing: value, version: version)
        return try await SignSaved(
            file, for: user ?? file.user, from: resident, MembershipEvent.Content(displayName: name),
            FakeResident.joiner.identity, book.journal
        ).run()
    }

    private func failure(_ value: JSON, user: UserID? = nil, from resident: ServerName? = nil) async -> Failure? {
        do {
            _ = try await sign(value, user: user, from: resident)
            return nil
        } catch { return error as? Failure }
    }

    @Test(arguments: versions)
    func `signs an answer as it came`(version: RoomVersion) async throws {
        let resident = FakeResident(version)
        let signed = try await sign(resident.template, name: "Alice")
        let event = try PDU(signed.event, version)
        #expect(event.content == ["membership": "join", "displayname": "Alice"])
        #expect(event.sender == FakeResident.user)
        #expect(signed.object["event_id"] == .string(event.id.text))
        #expect(signed.object["room_id"] == .string(resident.room.roomID.text))
        #expect(signed.object["room_version"] == .string(version.id))
        #expect(signed.object["resident"] == .string(FakeResident.resident.name.text))
        #expect(EventHashes.contentMatches(signed.event, version))
        #expect(book.stageEnds.map(\.result) == [.pass])
    }

    @Test func `a template alone is signed where its version is said`() async throws {
        let resident = FakeResident(.v11)
        let template = try #require(resident.template["event"])
        #expect(try await sign(template, version: .v11, from: nil).resident == nil)
        await #expect(throws: FileFault.self) { try await sign(template) }
    }

    @Test func `an answer without a version is of 1 or 2, and so is the event`() async throws {
        let template = FakeResident(.v2).template.changing("room_version", to: nil)
        let signed = try await sign(template)
        #expect(signed.version == nil)
        #expect(signed.object["room_version"] == .null)
    }

    @Test func `what the template holds beside what is checked is not signed`() async throws {
        let template = FakeResident(.v11).template.changing("event", "redacts", to: "$other")
            .changing("event", "content", to: ["membership": "join", "is_direct": true])
        let event = try await sign(template).event
        #expect(event["redacts"] == nil)
        #expect(event["content"] == ["membership": "join"])
    }

    static let lies: [(path: [Text], value: JSON?)] = [
        (["event", "type"], "m.room.create"), (["event", "state_key"], "@mallory:joiner.example:8448"),
        (["event", "content", "membership"], "leave"), (["event", "content", "membership"], "ban"),
        (["event", "prev_events"], []), (["event", "auth_events"], nil), (["event", "depth"], "7"),
        (["event", "depth"], -1), (["room_id"], "!other:resident.example"),
        (["event", "content", "join_authorised_via_users_server"], "@a:mallory.example"),
    ]

    @Test(arguments: lies.indices)
    func `nothing but a join that was checked is signed`(i: Int) async throws {
        let (path, value) = Self.lies[i]
        let template = FakeResident(.v11).template
        let lying =
            path.count == 1
            ? template.changing(path[0], to: value)
            : path.count == 2
                ? template.changing(path[0], path[1], to: value)
                : template.changing(path[0], path[1], path[2], to: value)
        let failure = await failure(lying, from: FakeResident.resident.name)
        #expect(failure?.exit == 59, "\(path)")
        #expect(failure?.side == .theirs, "the template's fault is its server's")
        #expect(book.stageEnds.map(\.result) == [.fail])
    }

    @Test func `another user than the template's is not signed for`() async {
        let other = FakeResident.joiner.user("bob")
        let failure = await failure(FakeResident(.v11).template, user: other)
        #expect(failure?.exit == 59)
        #expect(failure?.side == .ours)
    }

    @Test func `a restricted join is signed only where it is known whose template it is`() async {
        let template = FakeResident(.v11).template
            .changing(
                "event", "content", "join_authorised_via_users_server",
                to: .string(FakeResident.resident.user("creator").text))
        #expect(await failure(template)?.message.contains("--via SERVER") == true)
        #expect(await failure(template, from: FakeResident.resident.name) == nil)
    }
}

/// A join that was signed before goes out again as it is, or not at all.
@Suite struct SendSavedTests {
    private struct Sent {
        let end: End?
        let transport: FakeTransport
        let answers: [[UInt8]]
        let facts: RunFacts
        let stages: [Stage]
    }

    private func signed(_ version: RoomVersion) async throws -> EventFile {
        let file = try TemplateFile(parsing: FakeResident(version).template, version: nil)
        return try await SignSaved(
            file, for: file.user, from: FakeResident.resident.name, MembershipEvent.Content(),
            FakeResident.joiner.identity, JournalBook().journal
        ).run()
    }

    private func send(
        _ file: EventFile, _ version: RoomVersion, isForced: Bool = false,
        _ override: @escaping FakeResident.Override = { _ in nil }
    ) async throws -> Sent {
        var harness = try Harness(version)
        harness.request.isForced = isForced
        let transport = harness.resident.transport(override)
        let handshake = Handshake(
            harness.request, network: harness.network(transport), journal: harness.book.journal)
        let answers = Locked<[[UInt8]]>([])
        let end = await end { () throws(End) in
            try await handshake.sendJoin(file, to: FakeResident.resident.name) { answer in
                answers.withLock { $0.append(answer.bytes) }
            }
        }
        return Sent(
            end: end, transport: transport, answers: answers.withLock { $0 }, facts: harness.book.journal.facts,
            stages: harness.book.stagesBegun)
    }

    @Test(arguments: ["unsigned", "another server's signature", "another key's signature"])
    func `what nobody signed, or somebody else, does not go out with it`(what: String) async throws {
        let file = JSON.object(try await signed(.v11).object)
        let us = FakeResident.joiner.name.text
        let added =
            switch what {
            case "unsigned": file.changing("event", "unsigned", to: ["age": 1])
            case "another server's signature":
                file.changing("event", "signatures", "mallory.example", to: ["ed25519:1": "AAAA"])
            default: file.changing("event", "signatures", us, "ed25519:1", to: "AAAA")
            }
        let sent = try await send(EventFile(parsing: added), .v11)
        guard case .failed(let failure) = sent.end else { return #expect(Bool(false), "\(what) went out") }
        #expect(failure.exit == 59)
        #expect(failure.message.contains(what == "unsigned" ? "unsigned" : "more signatures"))
    }

    @Test(arguments: SignSavedTests.versions)
    func `sends the bytes of the file, and hands on the answer's`(version: RoomVersion) async throws {
        let file = try await signed(version)
        // As a file that was written and read.
        let read = try EventFile(parsing: try JSON(parsing: JSON.object(file.object).compact))
        let sent = try await send(read, version)
        #expect(sent.end?.stoppedAfter == .sendJoin)
        #expect(sent.transport.puts.map(\.body) == [JSON.object(file.event).compact])
        #expect(sent.answers == [JSON.object(FakeResident(version).room.answer(to: file.event)).compact])
        #expect(sent.facts.joined == true)
        #expect(sent.facts.verified == nil)
        #expect(sent.stages == [.sign, .identity, .discovery, .sendJoin])
    }

    @Test func `an answer that is none is handed on all the same`() async throws {
        let sent = try await send(try await signed(.v11), .v11) { request in
            request.path.contains("/send_join/") ? .text("<h1>hello</h1>") : nil
        }
        #expect(sent.end?.failure?.exit == 85)
        #expect(sent.answers == [Array("<h1>hello</h1>".utf8)])
        #expect(sent.facts.joined == true)
    }

    @Test(arguments: [false, true])
    func `under the name of a running homeserver it is sent by force alone`(isForced: Bool) async throws {
        let sent = try await send(try await signed(.v11), .v11, isForced: isForced) { request in
            guard request.path == "/_matrix/federation/v1/version" else { return nil }
            return .json(["server": ["name": "Synapse"]])
        }
        #expect(sent.end?.failure?.exit == (isForced ? nil : 64))
        #expect(sent.facts.sent == isForced)
    }

    static let changes: [@Sendable (inout JSON.Object) -> Void] = [
        { $0["depth"] = 8 }, { $0["origin_server_ts"] = 1 }, { $0["hashes"] = ["sha256": "AAAA"] },
        { $0["hashes"] = nil }, { $0["signatures"] = [:] },
        { $0["signatures"] = ["resident.example:8448": ["ed25519:a": "AAAA"]] },
        { $0["content"] = ["membership": "leave"] }, { $0["content"] = ["membership": "join", "reason": "x"] },
        { $0["type"] = "m.room.message" }, { $0["sender"] = "@creator:resident.example" },
        { $0["state_key"] = "@bob:joiner.example:8448" }, { $0["room_id"] = "!other:resident.example" },
    ]

    @Test(arguments: changes.indices)
    func `what is not ours as we signed it is not sent`(i: Int) async throws {
        var object = try await signed(.v11).object
        var event = try #require(object["event"]?.object)
        Self.changes[i](&event)
        object["event"] = .object(event)
        let sent = try await send(try EventFile(parsing: .object(object)), .v11)
        #expect(sent.end?.failure?.exit == 59)
        #expect(sent.end?.failure?.hints.isEmpty == false, "what to do about it is said")
        #expect(sent.transport.requests.isEmpty, "nobody is asked for anything")
        #expect(sent.facts.sent == false)
    }

    @Test(arguments: ["event_id", "room_id"] as [Text])
    func `neither is one that its file says something else of`(key: Text) async throws {
        var object = try await signed(.v11).object
        object[key] = "!other:resident.example"
        let sent = try await send(try EventFile(parsing: .object(object)), .v11)
        #expect(sent.end?.failure?.exit == 59)
        #expect(sent.transport.requests.isEmpty)
    }
}
