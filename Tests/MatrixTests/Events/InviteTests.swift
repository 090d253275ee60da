import TestSupport
import Testing

@testable import Matrix

/// Invites of our user, out of files and out of requests: taken as they should be, and refused for each single thing.
@Suite struct InviteTests {
    static let inviter = FakeServer("resident.example:8448")
    static let us = FakeServer("joiner.example")
    static let user = UserID("@alice:joiner.example")!

    /// A room of `version` and its signed invite of our user, changed before it is signed.
    static func invite(
        _ version: RoomVersion, _ change: (inout JSON.Object) -> Void = { _ in }
    ) -> (
        event: JSON.Object, state: [JSON], room: RoomBuilder
    ) {
        var room = RoomBuilder(version, inviter)
        let shown = room.state.map { JSON.object($0.event) }
        room.add("m.room.member", user.text, ["membership": "invite"], change)
        return (room.state.last!.event, shown, room)
    }

    static func body(_ version: RoomVersion, _ change: (inout JSON.Object) -> Void = { _ in }) -> JSON {
        let (event, state, _) = invite(version, change)
        return ["room_version": .string(version.id), "event": .object(event), "invite_room_state": .array(state)]
    }

    private static func asked(
        _ body: JSON?, isV1: Bool = false, room: Text? = nil, event: Text? = nil,
        from origin: ServerName = inviter.name,
        _ version: RoomVersion = .v11
    ) throws -> Invite {
        let (right, _, builder) = invite(version)
        return try Invite(
            asking: body, isV1: isV1, room: room ?? builder.roomID.text,
            event: event ?? RoomBuilder.id(right, version).text, from: origin, for: user)
    }

    private func field(_ work: () throws -> Invite) -> Text? {
        let error = #expect(throws: Invite.Refusal.self) { _ = try work() }
        return error?.field
    }

    @Test(arguments: RoomVersion.all)
    func `a request's invite is signed beside the inviter's signature, and nothing else of it changes`(
        version: RoomVersion
    ) throws {
        let invite = try Self.asked(Self.body(version), version)
        #expect(invite.version == version)
        let keys = [Self.inviter.keyID: KnownKey(key: Self.inviter.publicKey, validity: .until(4_000_000_000_000))]
        let verified = try VerifiedInvite(invite, keys: keys, now: 1_800_000_000_000)
        let signed = try Sample.key.countersign(verified)
        #expect(Set(SignedJSON.signers(of: signed)) == [Self.inviter.name.text, Self.us.name.text])
        #expect(signed.filter { $0 != "signatures" } == invite.object.filter { $0 != "signatures" })
        #expect(RoomBuilder.id(signed, version) == invite.id)
        let own = [Sample.key.id: KnownKey(key: Sample.key.publicKey, validity: .until(4_000_000_000_000))]
        #expect(EventSignatures.check(signed, version, of: Self.us.name, now: 1_800_000_000_000, keys: own) == .valid)
    }

    @Test func `what the sender's server has not signed is not signed by us`() throws {
        let invite = try Self.asked(Self.body(.v11))
        let others = FakeServer("resident.example:8448", generation: 0, twin: true)
        for keys in [[:], [others.keyID: KnownKey(key: others.publicKey, validity: .until(4_000_000_000_000))]] {
            #expect(throws: Invite.Refusal.self) {
                _ = try VerifiedInvite(invite, keys: keys, now: 1_800_000_000_000)
            }
        }
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let field: Text
        var version = RoomVersion.v11
        let change: @Sendable (inout JSON.Object) -> Void
        var testDescription: String { "\(field) in version \(version.id)" }
    }

    static let faults: [Fault] = [
        Fault(field: "type") { $0["type"] = "m.room.power_levels" },
        Fault(field: "content.membership") { $0["content"] = ["membership": "join"] },
        Fault(field: "content.membership") { $0["content"] = ["membership": "leave"] },
        Fault(field: "content.membership") { $0["content"] = [:] },
        Fault(field: "state_key") { $0["state_key"] = "@bob:joiner.example" },
        Fault(field: "state_key") { $0["state_key"] = "@Alice:joiner.example" },
        Fault(field: "state_key") { $0["state_key"] = nil },
        Fault(field: "sender") { $0["sender"] = "@alice:joiner.example" },
        Fault(field: "sender") { $0["sender"] = "@eve:elsewhere.example" },
        Fault(field: "room_id") { $0["room_id"] = "!other:resident.example:8448" },
        Fault(field: "room_id") { $0["room_id"] = "!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ" },
        Fault(field: "origin", version: .v10) { $0["origin"] = "joiner.example" },
        Fault(field: "membership", version: .v10) { $0["membership"] = "join" },
        Fault(field: "event_id", version: .v1) { $0["event_id"] = "$mine:joiner.example" },
        Fault(field: "prev_events") { $0["prev_events"] = [] },
        Fault(field: "auth_events") { $0["auth_events"] = [] },
        Fault(field: "origin_server_ts") { $0["origin_server_ts"] = -1 },
        Fault(field: "event") { $0["depth"] = "1" },
        Fault(field: "join_authorised_via_users_server") {
            $0["content"] = ["membership": "invite", "join_authorised_via_users_server": "@alice:joiner.example"]
        },
    ]

    @Test(arguments: faults)
    func `is not taken with a wrong`(fault: Fault) {
        #expect(field { try Self.asked(Self.body(fault.version, fault.change), fault.version) } == fault.field)
    }

    @Test func `the path, the asking server and the room version have to be right`() {
        let body = Self.body(.v11)
        #expect(field { try Self.asked(body, room: "!x:y") } == "room_id")
        #expect(field { try Self.asked(body, event: "$x") } == "event_id")
        #expect(field { try Self.asked(body, from: ServerName("elsewhere.example")!) } == "sender")
        #expect(field { try Self.asked(body.changing("room_version", to: "13")) } == "room_version")
        #expect(field { try Self.asked(body.changing("room_version", to: nil)) } == "room_version")
        #expect(field { try Self.asked(body.changing("invite_room_state", to: "x")) } == "invite_room_state")
        #expect(field { try Self.asked(nil) } == "the body")
        #expect(field { try Self.asked([:]) } == "event")
    }

    @Test func `a changed content does not have its hash any more`() {
        let body = Self.body(.v11).changing("event", "content", "reason", to: "come")
        #expect(field { try Self.asked(body) } == "hashes")
    }

    @Test func `a signature of ours that is there already is not ours`() {
        let body = Self.body(.v11).changing("event", "signatures", "joiner.example", to: ["ed25519:k0": "AAAA"])
        #expect(field { try Self.asked(body) } == "signatures")
    }

    @Test func `version 1 of the interface is for room versions 1 and 2`() throws {
        for version in [RoomVersion.v1, .v2] {
            let (event, state, _) = Self.invite(version)
            let body = JSON.object(event).changing("unsigned", to: ["invite_room_state": .array(state)])
            #expect(try Self.asked(body, isV1: true, version).version == version)
            #expect(try Self.asked(.object(event), isV1: true, version).versions == [.v1, .v2])
        }
        #expect(field { try Self.asked(.object(Self.invite(.v11).event), isV1: true) } != nil)
    }

    @Test func `from version 12 on the room that is shown has to be this one`() throws {
        let bare: JSON = [
            ["type": "m.room.create", "state_key": "", "sender": "@a:b", "content": ["room_version": "12"]]
        ]
        for shown in [[], bare] as [JSON] {
            let body = Self.body(.v12).changing("invite_room_state", to: shown)
            #expect(field { try Self.asked(body, .v12) } == "invite_room_state")
        }
        let old = Self.body(.v11).changing("invite_room_state", to: [])
        #expect(try Self.asked(old).shown.faults == ["the create event is not among it"])
    }

    @Test(arguments: RoomVersion.all)
    func `a file is any form that an invite comes in`(version: RoomVersion) throws {
        let (event, state, _) = Self.invite(version)
        let answered = JSON.object(Self.us.countersigned(event, version))
        let withState = JSON.object(event).changing("unsigned", to: ["invite_room_state": .array(state)])
        let other = JSON.object(event).changing("state_key", to: "@bob:joiner.example")
        let files: [(JSON, isKnown: Bool)] = [
            (Self.body(version), true), (withState, true), (.object(event), false), (["event": answered], false),
            ([200, ["event": answered]], false),
            (["origin": "a", "pdus": [other, .object(event), ["type": "m.room.message"]]], false),
        ]
        for (file, isKnown) in files {
            let invite = try Invite(file: file, for: Self.user)
            #expect(invite.id == RoomBuilder.id(event, version) || !isKnown)
            #expect(invite.versions.contains(version))
            #expect(!isKnown || invite.version == version)
        }
    }

    @Test func `a file is refused for what it lacks`() {
        let event = JSON.object(Self.invite(.v11).event)
        let second = event.changing("room_id", to: "!other:resident.example:8448")
        let cases: [(JSON, Text)] = [
            ("x", "the file"), (["event": 1], "event"), (["pdus": 1], "pdus"), (["pdus": []], "pdus"),
            (["pdus": [event, second]], "pdus"), (Self.body(.v11).changing("room_version", to: "x"), "room_version"),
            (Self.body(.v11).changing("room_version", to: "10"), "invite_room_state"), ([:], "event"),
        ]
        for (file, due) in cases { #expect(field { try Invite(file: file, for: Self.user) } == due) }
    }

    @Test func `what is kept of it is a file again`() throws {
        let invite = try Self.asked(Self.body(.v12), .v12)
        let again = try Invite(file: invite.file(Self.us.countersigned(invite.object, .v12)), for: Self.user)
        #expect(again.id == invite.id)
        #expect(again.version == .v12)
        #expect(again.shown == invite.shown)
    }
}
