import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Keys that their owners do not give: who is asked for them, and what is said of that.
@Suite struct SignatureChecksTests {
    private static let neighbour = FakeServer("neighbour.example:8448")
    private static let notary = FakeServer("notary.example:8448")

    private struct Run {
        let failure: Failure?
        let book: JournalBook
        let transport: FakeTransport
        var queried: [String] {
            transport.requests.filter { $0.path == "/_matrix/key/v2/query" }.map(\.host)
        }
    }

    /// A join of a room with a member of the neighbour, which publishes `published`; `holders` have its key k0. Where
    /// there is an `inviter`, it signs that member's invite of ours.
    private func join(
        published: FakeServer? = nil, holders: [FakeServer], strict: Bool = false, inviter: FakeServer? = nil,
        _ change: (inout KeyPolicy) -> Void = { _ in }
    ) async throws -> Run {
        var harness = try Harness()
        let user = Self.neighbour.user("n")
        harness.resident.room.add(
            "m.room.member", user.text, ["membership": "join"], sender: user, signer: Self.neighbour)
        if let inviter {
            let invited = FakeResident.user
            harness.resident.room.add(
                "m.room.member", invited.text, ["membership": "invite"], sender: user, signer: inviter)
            harness.resident.template = harness.resident.room.template(for: invited)
        }
        harness.resident.publishers += [Self.notary] + [published].compactMap { $0 }
        let transport = harness.resident.transport { request in
            guard request.path == "/_matrix/key/v2/query" else { return nil }
            let holder = holders.first { $0.name.text.string == request.hostHeader }
            guard let holder else { return .json(["server_keys": []]) }
            return .json(["server_keys": [.object(holder.signed(Self.neighbour.signed(Self.neighbour.keys)))]])
        }
        var network = harness.network(transport)
        change(&network.keys)
        network.isStrict = strict
        let handshake = Handshake(harness.request, network: network, journal: harness.book.journal)
        let end = await end { () throws(End) in try await handshake.join() }
        return Run(failure: end?.failure, book: harness.book, transport: transport)
    }

    @Test func `a notary that the person named is trusted`() async throws {
        let run = try await join(holders: [Self.notary, FakeResident.resident]) { $0.notaries = [Self.notary.name] }
        #expect(run.failure == nil)
        #expect(run.book.results("signatures") == [.pass])
        #expect(run.book.results("notary_keys") == [.pass])
        #expect(run.book.results("resident_keys") == [])
        #expect(run.queried == ["notary.example"], "nothing is missing then")
    }

    @Test func `what only the resident vouches for is a warning, and strictly a failure`() async throws {
        let run = try await join(holders: [FakeResident.resident])
        #expect(run.failure == nil)
        #expect(run.book.results("signatures") == [.pass])
        #expect(run.book.results("resident_keys") == [.warn])
        let strict = try await join(holders: [FakeResident.resident], strict: true)
        #expect(strict.failure?.exit == 99)
    }

    @Test func `that is said, too, of a server that gave other keys itself`() async throws {
        let published = FakeServer("neighbour.example:8448", generation: 1)
        let run = try await join(published: published, holders: [FakeResident.resident])
        #expect(run.book.results("signatures") == [.pass])
        #expect(run.book.results("resident_keys") == [.warn])
        let named = try await join(published: published, holders: [Self.notary]) {
            $0.notaries = [Self.notary.name]
        }
        #expect(named.book.results("notary_keys") == [.pass])
        #expect(named.book.results("resident_keys") == [])
    }

    @Test func `strictly the join must not rest on a key that only the resident vouches for`() async throws {
        let words =
            "which decides our join, rests on a key of \(Self.neighbour.name) that only the resident vouches for"
        let run = try await join(holders: [FakeResident.resident], inviter: Self.neighbour)
        #expect(run.failure == nil)
        let strict = try await join(holders: [FakeResident.resident], strict: true, inviter: Self.neighbour)
        #expect(strict.failure?.message.hasSuffix(words) == true, "\(strict.failure?.message ?? "none")")
        let named = try await join(
            holders: [Self.notary, FakeResident.resident], strict: true, inviter: Self.neighbour
        ) { $0.notaries = [Self.notary.name] }
        #expect(named.failure == nil)
    }

    @Test func `that is not said of a key that its server gave itself beside others`() async throws {
        let published = FakeServer("neighbour.example:8448", generation: 1)
        let run = try await join(
            published: published, holders: [FakeResident.resident], strict: true, inviter: published)
        #expect(run.book.results("resident_keys") == [.warn])
        #expect(run.failure?.message.hasSuffix("which --strict does not pass over") == true)
    }

    @Test func `without notaries nobody is asked for the keys of others`() async throws {
        let run = try await join(holders: [FakeResident.resident]) { $0.usesNotaries = false }
        #expect(run.queried == [])
        #expect(run.book.results("signatures") == [.warn])
        #expect(run.book.results("dead_servers") == [.warn])
    }
}
