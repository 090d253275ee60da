import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// A whole run against a fake resident: what was asked for, what came of it, and what was noticed on the way.
struct Harness {
    var resident: FakeResident
    var request: MembershipRequest
    let book: JournalBook
    var resolver = HostResolver.anywhere
    var isStrict = false
    var retries = Retries()
    /// For each request: far more than any takes under a sanitizer beside other tests. Nil for what is usual.
    var patience: Duration? = .seconds(600)

    init(_ resident: FakeResident = FakeResident(), _ options: JournalOptions = JournalOptions()) throws {
        book = JournalBook(options)
        self.resident = resident
        request = MembershipRequest(
            room: try RoomReference(parsing: resident.alias.text), user: FakeResident.user)
    }

    init(_ version: RoomVersion) throws { try self.init(FakeResident(version)) }

    /// The same, asking for the room by its id.
    mutating func askByID(via: [ServerName] = [FakeResident.resident.name]) throws {
        request.room = try RoomReference(parsing: resident.room.roomID.text)
        request.via = via
    }

    func network(_ transport: FakeTransport) -> Network {
        var times = Network.Times()
        times.outcome = [.zero]
        times.request = patience
        var network = Network(
            identity: FakeResident.joiner.identity, transport: transport, journal: book.journal, resolver: resolver,
            times: times, retries: retries)
        network.isStrict = isStrict
        return network
    }

    struct Run {
        let end: End?
        let transport: FakeTransport
        let book: JournalBook

        var failure: Failure? { end?.failure }
        var facts: RunFacts { book.journal.facts }
    }

    func join(_ override: @escaping FakeResident.Override = { _ in nil }) async -> Run {
        let transport = resident.transport(override)
        let handshake = Handshake(request, network: network(transport), journal: book.journal)
        let ended = await end { () throws(End) in try await handshake.join() }
        return Run(end: ended, transport: transport, book: book)
    }

    func knock(_ override: @escaping FakeResident.Override = { _ in nil }) async -> Run {
        let transport = resident.transport(override)
        let handshake = Handshake(request, network: network(transport), journal: book.journal)
        let ended = await end { () throws(End) in try await handshake.knock() }
        return Run(end: ended, transport: transport, book: book)
    }

    func leave(via: [ServerName], _ override: @escaping FakeResident.Override = { _ in nil }) async -> Run {
        let transport = resident.transport(override)
        let handshake = Handshake(request, network: network(transport), journal: book.journal)
        let roomID = resident.room.roomID
        let ended = await end { () throws(End) in try await handshake.leave(roomID, via: via) }
        return Run(end: ended, transport: transport, book: book)
    }
}

extension ServerName {
    /// A name of the test's own, which is one.
    static func named(_ text: Text) -> ServerName { ServerName(text)! }
}

/// What ended a handshake; nil where it went to its end.
func end<Output>(_ work: () async throws(End) -> Output) async -> End? {
    do throws(End) {
        _ = try await work()
        return nil
    } catch {
        return error
    }
}

extension End {
    var failure: Failure? { if case .failed(let failure) = self { failure } else { nil } }
    var stoppedAfter: Stage? { if case .stopped(let stage) = self { stage } else { nil } }
}

extension RoomVersion: CustomTestStringConvertible {
    package var testDescription: String { "version \(id)" }
}
