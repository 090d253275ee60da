import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct DiscoverTests {
    private static let gone = ServerName.named("gone.example:8448")
    private static let resident = FakeResident.resident.name

    private func discover(_ servers: [ServerName], _ harness: Harness) async -> Result<Destination, Failure> {
        let network = harness.network(harness.resident.transport())
        do throws(Failure) {
            return .success(try await Discover(servers, network).run(harness.book.journal))
        } catch {
            return .failure(error)
        }
    }

    private func harness() throws -> Harness {
        var harness = try Harness()
        harness.resolver = .table(["resident.example": ["192.0.2.1"], "other.example": ["192.0.2.2"]])
        return harness
    }

    @Test func `the first server that can be found is taken`() async throws {
        let harness = try harness()
        let found = try await discover([Self.gone, Self.resident], harness).get()
        #expect(found.server == Self.resident)
        #expect(found.addresses == ["192.0.2.1"])
        #expect(harness.book.results("discovery") == [.warn])
        let resolved = harness.book.records.compactMap { record in
            if case .resolved(_, let destination) = record.event { destination.server } else { nil }
        }
        #expect(resolved == [Self.resident])
    }

    @Test func `where none can be found, the first one's failure counts`() async throws {
        let harness = try harness()
        let failure = await discover([Self.gone, .named("lost.example:1")], harness).failure
        #expect(failure?.exit == 21)
        #expect(failure?.server == Self.gone)
        #expect(failure?.side == .dns)
        #expect(failure?.command == "dig gone.example A gone.example AAAA")
    }

    @Test func `no server at all is a usage error`() async throws {
        let failure = await discover([], try harness()).failure
        #expect(failure?.exit == 64)
    }

    @Test func `a room id of version 12 without a server is a usage error`() async throws {
        var harness = try Harness(.v12)
        try harness.askByID(via: [])
        let run = await harness.join()
        #expect(run.failure?.exit == 64)
        #expect(run.failure?.stage == .discovery)
    }

    @Test func `each server named twice is looked for once`() async throws {
        var harness = try harness()
        try harness.askByID(via: [Self.gone, Self.gone, Self.resident, Self.gone])
        #expect(harness.request.directoryServers == [Self.gone, Self.resident])
    }
}

extension Result {
    var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
