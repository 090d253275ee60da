import Federation
import TestSupport
import Testing

@testable import Handshake
@testable import Matrix

/// The room of a recorded join, and the event that was sent for it, as the stages 6 and 7 know them.
struct RecordedRoom {
    let resident: ServerName
    let template: MembershipTemplate
    let put: Recording.Exchange
    let sent: SignedMembership
    let received: ReceivedState
    /// Whose keys it wants.
    private(set) var servers: [FakeServer] = []

    init(_ name: String) async throws {
        let recording = try Recording(name)
        let made = try recording.last("make_join")
        let part = try #require(made.path.split(separator: "/").dropFirst(4).first)
        let roomID = try #require(PercentEncoding.decode(part.utf8).flatMap { RoomID($0) })
        let request = TemplateRequest(
            membership: .join, roomID: roomID, user: Recording.user, resident: made.destination,
            offered: RoomVersion.all)
        let template = try MembershipTemplate(checking: made.answer, for: request)
        let put = try recording.last("send_join")
        try await self.init(template, put, event: #require(put.content?.object), answer: put.answer)
    }

    /// Of an event that somebody else signed: no other way leads to a `SignedMembership` but by our own key.
    private init(
        _ template: MembershipTemplate, _ put: Recording.Exchange, event: JSON.Object, answer: JSON
    ) async throws {
        self.template = template
        self.put = put
        resident = template.request.resident
        let hash = try #require(event["hashes"]?["sha256"]?.text)
        sent = SignedMembership(pdu: try PDU(event, template.version), template: template, contentHash: hash)
        let body = Blob(answer.compact)
        let reading = RoomReading(template.version, room: template.request.roomID)
        var ring = KeyRing(KeyPolicy(), us: Recording.joiner.identity)
        let cut = try reading.finish(body, isV1: put.isV1)
        let events = await reading.events(&ring, nil, cores: 2)
        received = ReceivedState(
            body: body, answer: cut,
            event: OutgoingEvent(
                signed: sent, resident: Destination(server: resident, rule: "2", name: resident)),
            events: events, ring: ring)
    }

    /// The same room with every signature made anew, by keys that the test has.
    func resigned() async throws -> RecordedRoom {
        var servers: Set<FakeServer> = []
        func sign(_ event: JSON) throws -> JSON {
            var signed = try #require(event.object)
            let signers = SignedJSON.signers(of: signed).map { FakeServer($0) }
            signed["signatures"] = nil
            for server in signers { signed = server.countersigned(signed, template.version) }
            servers.formUnion(signers)
            return .object(signed)
        }
        var object = try #require(put.isV1 ? put.answer.array?.last?.object : put.answer.object)
        object["state"] = .array(try #require(object["state"]?.array).map(sign))
        object["auth_chain"] = .array(try #require(object["auth_chain"]?.array).map(sign))
        object["event"] = try object["event"].map(sign)
        let event = try #require(try sign(.object(sent.pdu.object)).object)
        var room = try await RecordedRoom(
            template, put, event: event, answer: put.isV1 ? [200, .object(object)] : .object(object))
        room.servers = Array(servers)
        return room
    }
}
