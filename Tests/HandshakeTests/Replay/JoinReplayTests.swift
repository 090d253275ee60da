import Federation
import TestSupport
import Testing

@testable import Handshake
@testable import Matrix

/// What Synapse let in, replayed: rooms of all versions, whole and partial, by both interfaces.
///
/// The recordings hold no key documents, so their signatures cannot be checked; `Resigned` checks everything with keys
/// of the test's own in their place.
@Suite(.enabled(if: Scenario.isThere, Scenario.absence))
struct JoinReplayTests {
    @Test(arguments: Scenario.all("joined"))
    func `directory, template and signing go as they went`(scenario: Scenario) async throws {
        let recording = try Recording(scenario.name)
        let book = JournalBook()
        var request = try recording.request()
        request.stopAfter = .sign
        let transport = recording.transport()
        let handshake = Handshake(
            request, network: recording.network(transport, book.journal), journal: book.journal)

        let ended = await end { () throws(End) in try await handshake.join() }
        #expect(ended?.failure == nil)
        #expect(ended?.stoppedAfter == .sign)
        #expect(book.journal.facts.resident == (try recording.last("make_join").destination))
        #expect(transport.requests.count == recording.exchanges.count - 1)
        #expect(transport.puts.isEmpty)
        #expect(book.journal.facts.sent == false)
    }

    @Test(arguments: Scenario.all("joined"))
    func `the room that came back stands all checks but those of signatures`(scenario: Scenario) async throws {
        let room = try await RecordedRoom(scenario.name)
        let book = JournalBook()
        let answer = room.received.answer
        #expect(answer.membersOmitted == scenario.name.hasSuffix("_partial"))
        let events = room.received.events
        #expect(events.malformed == [])
        #expect(answer.state.count >= 4)
        #expect(events.all.allSatisfy { $0.contentHash == .matches })

        let subject = RoomSubject(room.received.event)
        let checks = RoomChecks(subject: subject, body: room.received.body, journal: book.journal)
        let (_, id, found) = try checks.create(in: events)
        #expect(room.template.possibleVersions.contains(found))
        #expect(id == room.template.request.roomID)
        #expect(try checks.returnedEvent(answer, room.sent.pdu).id == room.sent.id)
        for named in room.sent.pdu.authEvents { #expect(events.place(named) != nil) }
        #expect(book.checks.allSatisfy { $0.result == .pass })
    }

    @Test(arguments: Scenario.all("joined"))
    func `our event has the id that the reference joiner gave it`(scenario: Scenario) async throws {
        let room = try await RecordedRoom(scenario.name)
        let part = try #require(room.put.path.split(separator: "/").last)
        #expect(PercentEncoding.decode(part.utf8) == room.sent.id.text)
        #expect(EventHashes.contentMatches(room.sent.pdu.object, room.template.version))
    }

    @Test(arguments: Scenario.all("joined"))
    func `with keys of our own in their place, every signature verifies, too`(scenario: Scenario) async throws {
        let room = try await RecordedRoom(scenario.name).resigned()
        let book = JournalBook()
        let servers = room.servers
        let transport = FakeTransport { request throws(TransportError) in
            guard request.target == "/_matrix/key/v2/server",
                let server = servers.first(where: { $0.name.text.string == request.hostHeader })
            else { throw .fake(.connect) }
            return .json(server.keyDocument)
        }
        let network = Network(
            identity: Recording.joiner.identity, transport: transport, journal: book.journal, resolver: .anywhere)
        let joined = try await Verify(room.received, network).run(book.journal)
        #expect(joined.id == room.template.request.roomID)
        #expect(book.journal.facts.verified == true)
        #expect(book.results("signatures") == [.pass])
        let warned = Set(book.checks.filter { $0.result == .warn }.map(\.check))
        // The recordings were made by one that asks for partial state.
        #expect(warned == (scenario.name.hasSuffix("_partial") ? ["members_omitted"] : []))
    }

    @Test func `without any key the create event cannot be verified`() async throws {
        let room = try await RecordedRoom("join_v11")
        let book = JournalBook()
        let network = Network(
            identity: Recording.joiner.identity,
            transport: FakeTransport { _ throws(TransportError) in throw .fake(.connect) }, journal: book.journal,
            resolver: .anywhere)
        let failure = await #expect(throws: Failure.self) { try await Verify(room.received, network).run(book.journal) }
        #expect(failure?.exit == 92)
        #expect(book.journal.facts.verified == false)
    }
}
