import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Events that do not decide the join: what is wrong with them is listed, and the join stands.
@Suite struct SideEventTests {
    private static let neighbour = FakeServer("neighbour.example:8448")

    /// A resident in whose room a neighbour is, too.
    private static func resident(_ version: RoomVersion = .v11, published: Bool = true) -> FakeResident {
        var room = RoomBuilder(version, FakeResident.resident)
        let user = neighbour.user("bob")
        room.add("m.room.member", user.text, ["membership": "join"], sender: user, signer: neighbour)
        var resident = FakeResident(room)
        if published { resident.publishers.append(neighbour) }
        return resident
    }

    /// A join that stands, but with warnings in a check of this name.
    private func expectWarning(
        _ run: Harness.Run, in check: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(run.failure == nil, sourceLocation: sourceLocation)
        #expect(run.facts.verified == true, sourceLocation: sourceLocation)
        #expect(run.facts.warnings > 0, sourceLocation: sourceLocation)
        let warned = run.book.checks.filter { $0.check == check && $0.result == .warn }.map(\.detail)
        #expect(warned.contains { $0.contains(words) }, "\(warned)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [RoomVersion.v1, .v3, .v6, .v11, .v12])
    func `a neighbour's events are verified by its own keys`(version: RoomVersion) async throws {
        let run = await (try Harness(Self.resident(version))).join()
        #expect(run.failure == nil)
        #expect(run.facts.warnings == 0)
        #expect(run.book.details("signatures") == ["6 of 6 events have the signatures they need, of 2 servers"])
    }

    @Test(arguments: [RoomVersion.v1, .v3, .v6, .v11, .v12])
    func `a bad signature on one of them drops it`(version: RoomVersion) async throws {
        var harness = try Harness(Self.resident(version))
        let last = try #require(harness.resident.room.state.last)
        let forger = FakeServer(Self.neighbour.name.text, generation: 1)
        let forged = forger.countersigned(last.event.filter { $0 != "signatures" }, version)
        let signature = forged["signatures"]?[forger.name.text]?[forger.keyID.text]
        harness.resident.room.tamper(with: last.id) { event in
            event["signatures"] = .object([forger.name.text: [Self.neighbour.keyID.text: signature ?? .null]])
        }
        let run = await harness.join()
        expectWarning(run, in: "event_signature", "is wrong; dropped")
        expectWarning(run, in: "signatures", "5 of 6 events")
        let dropped = run.book.checks.first { $0.check == "event_signature" }
        #expect(dropped?.subject == last.id.text)
        #expect(dropped?.server == Self.neighbour.name)
    }

    @Test func `one that is not signed at all is dropped`() async throws {
        var harness = try Harness(Self.resident())
        let last = try #require(harness.resident.room.state.last)
        harness.resident.room.tamper(with: last.id) { $0["signatures"] = [:] }
        expectWarning(await harness.join(), in: "event_signature", "not signed by neighbour.example:8448")
    }

    @Test func `keys that only the resident has are used, and said to be its word alone`() async throws {
        let harness = try Harness(Self.resident(published: false))
        let run = await harness.join { request in
            request.isKeyQuery(of: "neighbour.example:8448")
                ? .json([
                    "server_keys": [
                        [:], .object(FakeResident.resident.signed(Self.neighbour.signed(Self.neighbour.keys))),
                    ]
                ])
                : nil
        }
        expectWarning(
            run, in: "key_source", "neighbour.example:8448 did not give ed25519:k0; the resident's copy is used")
        #expect(run.book.results("signatures") == [.pass])
    }

    /// A room in which `forger`, with a key that nobody but the resident has, says `content` in a neighbour's name.
    private static func forged(_ type: Text, _ stateKey: Text, _ content: JSON.Object) throws -> Harness {
        let user = neighbour.user("bob")
        var resident = resident()
        resident.room.add(type, stateKey, content, sender: user, signer: forger)
        resident.template = resident.room.template(for: FakeResident.user)
        return try Harness(resident)
    }

    private static let forger = FakeServer(neighbour.name.text, generation: 1)

    /// The resident vouches for the forger's key.
    private static let vouching: FakeResident.Override = { request in
        request.isKeyQuery(of: neighbour.name.text)
            ? .json(["server_keys": [.object(FakeResident.resident.signed(forger.signed(forger.keys)))]]) : nil
    }

    @Test func `a key that the resident adds to those that a server gave is its word alone, too`() async throws {
        let run = await (try Self.forged("m.room.topic", "", ["topic": "forged"])).join(Self.vouching)
        expectWarning(run, in: "key_source", "neighbour.example:8448 did not give ed25519:k1; the resident's copy")
        expectWarning(run, in: "resident_keys", "keys of 1 server are those that the resident keeps")
    }

    @Test func `strictly, no event that decides the join rests on such a key`() async throws {
        var harness = try Self.forged("m.room.join_rules", "", ["join_rule": "public"])
        harness.isStrict = true
        let run = await harness.join(Self.vouching)
        #expect(run.failure?.exit == 99)
        let words =
            "which decides our join, rests on a key of neighbour.example:8448 that only the resident vouches for"
        #expect(run.failure?.message.contains(words) == true, "\(run.failure?.message ?? "no failure")")
    }

    @Test func `the resident's copy has to be signed by its owner, too`() async throws {
        let harness = try Harness(Self.resident(published: false))
        let run = await harness.join { request in
            request.isKeyQuery(of: "neighbour.example:8448")
                ? .json(["server_keys": [.object(FakeResident.resident.signed(Self.neighbour.keys))]]) : nil
        }
        expectWarning(run, in: "server_keys", "no keys of neighbour.example:8448")
        expectWarning(run, in: "event_signature", "that was valid then; dropped")
    }

    @Test func `a copy that the resident has not signed is not even the resident's word`() async throws {
        let run = await (try Harness(Self.resident(published: false))).join { request in
            request.isKeyQuery(of: "neighbour.example:8448")
                ? .json(["server_keys": [Self.neighbour.keyDocument]]) : nil
        }
        expectWarning(run, in: "event_signature", "that was valid then; dropped")
        expectWarning(run, in: "dead_servers", "1 event hangs on 1 server whose keys nobody has")
    }

    @Test func `keys that nobody has drop the event`() async throws {
        let run = await (try Harness(Self.resident(published: false))).join()
        expectWarning(run, in: "server_keys", "no keys of neighbour.example:8448")
        expectWarning(run, in: "signatures", "5 of 6 events")
    }

    @Test func `events of another room are dropped`() async throws {
        var harness = try Harness(Self.resident())
        let topic = harness.resident.room.add("m.room.topic", "", ["topic": "elsewhere"]) {
            $0["room_id"] = "!other:resident.example:8448"
        }
        let run = await harness.join()
        expectWarning(run, in: "room_id", "1 event of other rooms dropped")
        #expect(run.book.checks.filter { $0.subject == topic.text }.map(\.check) == ["room_id"])
    }

    @Test func `what is no event of the version is dropped and counted`() async throws {
        var harness = try Harness(Self.resident())
        harness.resident.answering = { answer in
            var answer = answer
            answer["state"] = (answer["state"] ?? []).appending([:]).appending("event").appending(["type": "m.x"])
            return answer
        }
        let run = await harness.join()
        expectWarning(run, in: "format", "3 events of wrong form dropped")
        #expect(run.book.details("format").count == 4)
    }

    @Test func `of many faults of a kind each is listed, and all are counted`() async throws {
        var harness = try Harness(Self.resident())
        harness.resident.answering = { answer in
            var answer = answer
            answer["state"] = .array((answer["state"]?.array ?? []) + [JSON](repeating: [:], count: 500))
            return answer
        }
        let run = await harness.join()
        expectWarning(run, in: "format", "500 events of wrong form dropped")
        #expect(run.book.details("format").count == 501, "each of them, and their number")
    }

    @Test func `a content that is not what was hashed is listed`() async throws {
        var harness = try Harness(Self.resident())
        let topic = harness.resident.room.add("m.room.topic", "", ["topic": "hello"])
        harness.resident.room.tamper(with: topic) { $0["content"] = ["topic": "goodbye"] }
        let run = await harness.join()
        expectWarning(run, in: "content_hash", "its content is not what was hashed")
        expectWarning(run, in: "content_hashes", "5 of 6 content hashes")
    }

    /// A copy in the auth chain, `second`, besides a topic in the state; what was warned of.
    private func warnings(_ second: @escaping @Sendable (JSON.Object) -> JSON.Object) async throws -> [String] {
        var harness = try Harness(Self.resident(.v1))
        harness.resident.room.add("m.room.topic", "", ["topic": "hello"])
        let topic = try #require(harness.resident.room.state.last).event
        harness.resident.answering = { answer in
            var answer = answer
            answer["auth_chain"] = (answer["auth_chain"] ?? []).appending(.object(second(topic)))
            return answer
        }
        let run = await harness.join()
        #expect(run.failure == nil)
        return run.book.checks.filter { $0.result == .warn }.map(\.detail)
    }

    @Test func `of two events of one id the first counts, and that is said`() async throws {
        let warned = try await warnings { topic in
            var other = topic.filter { $0 != "signatures" }
            other["depth"] = 77
            return FakeResident.resident.signed(event: other, .v1)
        }
        #expect(
            warned == ["different events bear the id $event5:resident.example:8448", "1 event bears the id of another"])
    }

    @Test func `two copies of an event, one of them redacted, are one`() async throws {
        let warned = try await warnings { topic in
            var copy = topic
            copy["content"] = [:]
            copy["unsigned"] = ["age": 1]
            return copy
        }
        #expect(warned == [])
    }

    @Test func `a redacted event lacks its content lawfully`() async throws {
        var harness = try Harness(Self.resident())
        let topic = harness.resident.room.add("m.room.topic", "", ["topic": "hello"])
        harness.resident.room.tamper(with: topic) { $0["content"] = [:] }
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.facts.warnings == 0)
        #expect(run.book.details("content_hashes") == ["6 of 6 content hashes, 1 redacted since"])
    }

    @Test func `what the auth rules reject is no part of the room`() async throws {
        var harness = try Harness(Self.resident())
        harness.resident.room.add(
            "m.room.tombstone", "", ["replacement_room": "!trap:neighbour.example:8448"],
            sender: Self.neighbour.user("bob"), signer: Self.neighbour)
        let run = await harness.join()
        expectWarning(run, in: "auth_rules", "allow 5 of 6 events")
        let room = try #require(run.book.rooms.first)
        #expect(room.replacement == nil)
        #expect(room.joined == 2)
    }

    @Test func `a member whose join is rejected only since it was redacted is one of the room's`() async throws {
        var harness = try Harness(Self.resident(.v8))
        let carol = Self.neighbour.user("carol")
        let creator = harness.resident.room.creator
        let content: JSON.Object = ["membership": "join", "join_authorised_via_users_server": .string(creator.text)]
        let named = [0, 1, 2, 3].map { JSON.string(harness.resident.room.state[$0].id.text) }
        let join = harness.resident.room.add(
            "m.room.member", carol.text, content, sender: carol, signer: Self.neighbour
        ) { event in
            // Without who let it in, the room's version has it name nothing of the creator.
            event["auth_events"] = .array(named)
        }
        harness.resident.room.tamper(with: join) { $0["content"] = ["membership": "join"] }
        let run = await harness.join()
        expectWarning(run, in: "auth_rules", "allow 5 of 6 events")
        #expect(try #require(run.book.rooms.first).joined == 3)
    }

    /// What would be gigabytes as a tree.
    @Test(arguments: ["event", "servers_in_room"])
    func `what is longer than any room has is not read`(key: Text) async throws {
        var harness = try Harness(Self.resident())
        harness.resident.answering = { answer in
            var answer = answer
            answer[key] = .array([JSON](repeating: "a.example", count: 500_000))
            return answer
        }
        let run = await harness.join()
        if key == "event" {
            #expect(run.failure?.message.hasSuffix("is not valid: it has 6000001 bytes") == true)
        } else {
            expectWarning(run, in: key.string, "no list of server names, or one that no room has")
        }
    }

    @Test(arguments: [["resident.example:8448", "neighbour.example:8448"], ["resident.example:8448"]] as [[Text]])
    func `the servers in the room are those of its members at least`(servers: [Text]) async throws {
        var harness = try Harness(Self.resident())
        harness.resident.answering = { answer in
            var answer = answer
            answer["servers_in_room"] = .array(servers.map { .string($0) })
            return answer
        }
        let run = await harness.join()
        if servers.count == 1 {
            expectWarning(run, in: "servers_in_room", "lacks 1 of the servers whose members the state has: neighbour")
        } else {
            #expect(run.facts.warnings == 0)
        }
    }

    @Test func `servers beyond the hundredth are not asked`() async throws {
        var room = RoomBuilder(.v11, FakeResident.resident)
        let servers = (0..<104).map { FakeServer(Text("s\($0).example:8448")) }
        for server in servers {
            let user = server.user("u")
            room.add("m.room.member", user.text, ["membership": "join"], sender: user, signer: server)
        }
        var resident = FakeResident(room)
        resident.publishers += servers
        let run = await (try Harness(resident)).join()
        expectWarning(run, in: "server_keys", "5 servers were not asked for keys")
        let asked = run.transport.requests.filter { $0.path == "/_matrix/key/v2/server" }.map(\.hostHeader)
        #expect(Set(asked).count == 101, "a hundred of the room, and ourselves")
        #expect(asked.contains("resident.example:8448"), "the deciding servers come first")
    }

    @Test func `a notary that fails is not asked for more`() async throws {
        var room = RoomBuilder(.v11, FakeResident.resident)
        for i in 0..<401 {
            let server = FakeServer(Text("s\(i).example:8448"))
            let user = server.user("u")
            room.add("m.room.member", user.text, ["membership": "join"], sender: user, signer: server)
        }
        let run = await (try Harness(FakeResident(room))).join { request in
            request.path == "/_matrix/key/v2/query" ? .error(500, "M_UNKNOWN") : nil
        }
        expectWarning(run, in: "notary", "the notary resident.example:8448 is of no use")
        #expect(run.transport.requests.count { $0.path == "/_matrix/key/v2/query" } == 1)
    }

    @Test func `an answer without our event is taken where nothing more has to be in it`() async throws {
        var harness = try Harness(Self.resident())
        harness.resident.answering = { $0.filter { $0 != "event" } }
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.book.results("returned_event") == [.skip])
    }
}

/// Joins that a user of the resident authorised.
@Suite struct RestrictedJoinTests {
    private func harness(_ version: RoomVersion) throws -> Harness {
        var harness = try Harness(version)
        harness.resident.template = harness.resident.template.changing(
            "event", "content", "join_authorised_via_users_server", to: .string(harness.resident.room.creator.text))
        return harness
    }

    @Test(arguments: [RoomVersion.v8, .v9, .v10, .v11, .v12])
    func `the resident signs our event, too`(version: RoomVersion) async throws {
        var harness = try harness(version)
        harness.resident.answering = { answer in
            var answer = answer
            answer["event"] = answer["event"]?.object.map {
                .object(FakeResident.resident.countersigned($0, version))
            }
            return answer
        }
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.facts.verified == true)
        #expect(run.book.details("returned_event") == ["our event came back with the same id, signed by 2 servers"])
        let sent = try #require(run.transport.puts.first?.json)
        #expect(
            sent["content"]
                == ["membership": "join", "join_authorised_via_users_server": "@creator:resident.example:8448"])
    }

    @Test(arguments: [RoomVersion.v8, .v12])
    func `without its signature the join is not verified`(version: RoomVersion) async throws {
        let run = await (try harness(version)).join()
        #expect(run.failure?.exit == 99)
        #expect(run.failure?.message.contains("not signed by resident.example:8448") == true)
    }

    @Test func `an answer without our event lacks it`() async throws {
        var harness = try harness(.v10)
        harness.resident.answering = { $0.filter { $0 != "event" } }
        let run = await harness.join()
        #expect(run.failure?.exit == 99)
        #expect(run.book.results("returned_event") == [.warn])
    }

    @Test(arguments: [RoomVersion.v1, .v7])
    func `older rooms know nothing of it`(version: RoomVersion) async throws {
        let run = await (try harness(version)).join()
        #expect(run.failure == nil)
        #expect(run.transport.puts.first?.json?["content"] == ["membership": "join"])
    }
}

extension Request {
    /// Whether it asks a notary for the keys of `server`.
    fileprivate func isKeyQuery(of server: Text) -> Bool {
        path == "/_matrix/key/v2/query" && method == .post && json?["server_keys"]?[server] != nil
    }
}
