import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// The desk that takes invites: what it answers, whom it asks for keys, and when it does not.
@Suite struct InviteDeskTests {
    private static let inviter = FakeServer("resident.example:8448")
    private static let us = FakeResident.joiner
    private static let user = FakeResident.user

    private final class Notes: Sendable {
        let asked = Locked<[ServerName]>([])
        let taken = Locked<[JSON]>([])
        let refused = Locked<[String]>([])
    }

    private let notes = Notes()

    private func desk(keeps: Bool = true) -> InviteDesk {
        let notes = notes
        return InviteDesk(
            Self.user, Self.us.identity,
            keys: { server in
                notes.asked.withLock { $0.append(server) }
                guard server == Self.inviter.name else { return [:] }
                return [Self.inviter.keyID: KnownKey(key: Self.inviter.publicKey, validity: .until(4_000_000_000_000))]
            },
            keep: { outcome in
                switch outcome {
                case .taken(_, let file): notes.taken.withLock { $0.append(file) }
                case .refused(_, let status, let why): notes.refused.withLock { $0.append("\(status) \(why)") }
                }
                return keeps
            })
    }

    private static func invite(_ version: RoomVersion = .v11) -> (target: String, body: JSON) {
        var room = RoomBuilder(version, inviter)
        let shown = room.state.map { JSON.object($0.event) }
        let id = room.add("m.room.member", user.text, ["membership": "invite"])
        let event = JSON.object(room.state[room.state.count - 1].event)
        let target = RequestTarget("/_matrix/federation/v2/invite", [room.roomID.text, id.text]).string
        return (
            target,
            ["room_version": .string(version.id), "event": event, "invite_room_state": .array(shown)]
        )
    }

    private func ask(
        _ desk: InviteDesk, _ target: String, _ body: JSON, as server: FakeServer = inviter, method: Text = "PUT",
        signed: JSON? = nil
    ) throws -> (status: Int, body: JSON)? {
        let signable = SignableRequest(
            method: method, uri: Text(target), origin: server.name, destination: Self.us.name, content: signed ?? body)
        let header = try server.identity.key.authorization(for: signable)
        let request = ServerRequest(
            method: method, target: Text(target), headers: [Header(name: "Authorization", value: header.value)],
            body: body.compact, peer: "127.0.0.1:1")
        guard let answer = desk.answer(request, Text(target)) else { return nil }
        return (answer.status, try JSON(parsing: answer.body))
    }

    @Test(arguments: [RoomVersion.v1, .v10, .v11, .v12])
    func `an invite is signed, kept and answered`(version: RoomVersion) throws {
        let (target, body) = Self.invite(version)
        let answer = try #require(try ask(desk(), target, body))
        #expect(answer.status == 200)
        let event = try #require(answer.body["event"]?.object)
        #expect(Set(SignedJSON.signers(of: event)) == [Self.inviter.name.text, Self.us.name.text])
        #expect(notes.taken.withLock { $0.first?["event"] } == .object(event))
        #expect(notes.refused.withLock { $0.isEmpty })
    }

    @Test func `version 1 of the interface answers with a pair`() throws {
        let (target, body) = Self.invite(.v1)
        let v1 = "/_matrix/federation/v1" + target.dropFirst("/_matrix/federation/v2".count)
        let event = try #require(body["event"])
        let answer = try #require(try ask(desk(), v1, event))
        #expect(answer.status == 200)
        #expect(answer.body.array?.first == 200)
        #expect(answer.body.array?.last?["event"]?["signatures"]?[Self.us.name.text] != nil)
    }

    @Test func `two invites with one id of their sender's choice are two`() throws {
        let hashes = try ["one", "two"].map { reason in
            var room = RoomBuilder(.v1, Self.inviter)
            _ = room.add("m.room.member", Self.user.text, ["membership": "invite", "reason": .string(Text(reason))])
            return try Invite(room.state[room.state.count - 1].event, [.v1], shown: nil, for: Self.user)
        }
        #expect(hashes[0].id == hashes[1].id)
        #expect(hashes[0].hash != hashes[1].hash)
    }

    @Test func `nobody is asked for keys over an invite that is wrong in itself`() throws {
        let (target, body) = Self.invite()
        let wrong = body.changing("event", "state_key", to: "@bob:joiner.example:8448")
        let answer = try #require(try ask(desk(), target, wrong))
        #expect(answer.status == 400)
        #expect(answer.body["errcode"] == "M_INVALID_PARAM")
        #expect(notes.asked.withLock { $0.isEmpty })
        #expect(notes.taken.withLock { $0.isEmpty })
        #expect(notes.refused.withLock { $0.count } == 1)
    }

    @Test func `an unknown room version is named in the refusal`() throws {
        let (target, body) = Self.invite()
        let answer = try #require(try ask(desk(), target, body.changing("room_version", to: "99")))
        #expect(answer.status == 400)
        #expect(answer.body["errcode"] == "M_INCOMPATIBLE_ROOM_VERSION")
        #expect(answer.body["room_version"] == "99")
    }

    @Test func `a request that its server has not signed is refused`() throws {
        let (target, body) = Self.invite()
        let twin = FakeServer("resident.example:8448", twin: true)
        #expect(try ask(desk(), target, body, as: twin)?.status == 401)
        #expect(try ask(desk(), target, body, signed: [:])?.status == 401)
        #expect(notes.taken.withLock { $0.isEmpty })
    }

    @Test func `another server cannot hand on an invite`() throws {
        let (target, body) = Self.invite()
        #expect(try ask(desk(), target, body, as: FakeServer("elsewhere.example"))?.status == 400)
        #expect(notes.asked.withLock { $0.isEmpty })
    }

    @Test func `an event whose signature does not verify is refused though the request is signed`() throws {
        let (target, body) = Self.invite()
        let spoilt = body.changing("event", "signatures", Self.inviter.name.text, "ed25519:k0", to: "AAAA")
        #expect(try ask(desk(), target, spoilt)?.status == 403)
        #expect(notes.taken.withLock { $0.isEmpty })
    }

    @Test func `what could not be kept is not answered with our signature`() throws {
        let (target, body) = Self.invite()
        let answer = try #require(try ask(desk(keeps: false), target, body))
        #expect(answer.status == 500)
        #expect(answer.body["event"] == nil)
    }

    @Test(arguments: [
        ("GET", "/_matrix/federation/v2/invite/!a:b/$c"), ("PUT", "/_matrix/federation/v3/invite/!a:b/$c"),
        ("PUT", "/_matrix/federation/v2/invite/!a:b"), ("PUT", "/_matrix/federation/v2/invite/!a:b/$c/d"),
        ("PUT", "/_matrix/federation/v1/send/1"), ("GET", "/_matrix/key/v2/server"),
    ])
    func `leaves alone what is no invite`(method: String, target: String) throws {
        #expect(try ask(desk(), target, [:], method: Text(method)) == nil)
    }
}

/// Joins and leaves by an invite, against a fake resident.
@Suite struct InvitedTests {
    private static let inviter = FakeServer("inviter.example:8448")

    /// A harness whose room has invited us, by a user of another server than the resident where `gone`.
    private func harness(byOther: Bool = false) throws -> Harness {
        var resident = FakeResident(.v11)
        let server = byOther ? Self.inviter : FakeResident.resident
        var room = resident.room
        room.add(
            "m.room.member", server.user("bob").text, ["membership": "join"], sender: server.user("bob"), signer: server
        )
        room.add(
            "m.room.member", FakeResident.user.text, ["membership": "invite"], sender: server.user("bob"),
            signer: server)
        let event = room.state[room.state.count - 1].event
        let shown = JSON.array(resident.room.state.map { .object($0.event) })
        resident.publishers.append(Self.inviter)
        var harness = try Harness(resident)
        harness.request.room = try RoomReference(parsing: resident.room.roomID.text)
        harness.request.invite = try Invite(
            file: ["room_version": "11", "event": .object(event), "invite_room_state": shown], for: FakeResident.user)
        harness.request.takesRoomOfInvite = true
        return harness
    }

    private func asked(_ run: Harness.Run) -> [String] {
        run.transport.requests.filter { $0.path.contains("/make_") }.compactMap(\.hostHeader)
    }

    @Test func `the invite names the room, its server and its version`() async throws {
        let run = await (try harness()).join()
        #expect(run.failure == nil)
        #expect(asked(run) == ["resident.example:8448"])
        #expect(run.book.details("invite").count == 1)
        let query = run.transport.requests.first { $0.path.contains("/make_join/") }?.query
        #expect(query == "ver=11")
    }

    @Test func `the regular candidates follow where the inviter's server has left`() async throws {
        let run = await (try harness(byOther: true)).join { request in
            request.hostHeader == "inviter.example:8448" && request.path.contains("/make_")
                ? .error(404, "M_NOT_FOUND") : nil
        }
        #expect(run.failure == nil)
        #expect(asked(run) == ["inviter.example:8448", "resident.example:8448"])
    }

    @Test func `servers that the person named come before the inviter's`() throws {
        var request = try harness(byOther: true).request
        request.via = [ServerName.named("mine.example")]
        #expect(
            request.directoryServers.map(\.description)
                == ["mine.example", "inviter.example:8448", "resident.example:8448"])
        #expect(request.leader(to: ServerName.named("mine.example")) == nil)
        #expect(request.leader(to: Self.inviter.name)?.hasPrefix("the invite of @bob:") == true)
        #expect(request.named == [ServerName.named("mine.example")])
    }

    @Test func `an alias that stands for another room than the invite's ends it`() async throws {
        var harness = try harness()
        harness.request.room = try RoomReference(parsing: harness.resident.alias.text)
        harness.request.takesRoomOfInvite = false
        let run = await harness.join { request in
            request.path.hasPrefix("/_matrix/federation/v1/query/directory")
                ? .json(["room_id": "!other:resident.example:8448", "servers": ["resident.example:8448"]]) : nil
        }
        #expect(run.failure?.exit == 39)
    }

    @Test func `a leave by an invite rejects it at the inviter's server`() async throws {
        let run = await (try harness()).leave(via: [])
        #expect(run.failure == nil)
        #expect(run.facts.hasLeft)
        #expect(asked(run) == ["resident.example:8448"])
    }
}
