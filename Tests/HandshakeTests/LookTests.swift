import Federation
import Matrix
import Sandbox
import TestSupport
import Testing

@testable import Handshake

/// The commands that only look, against the sandbox over real TLS.
@Suite struct LookTests {
    private func failure(_ work: () async throws(Failure) -> Void) async -> Failure? {
        do throws(Failure) {
            try await work()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a server that answers is shown with its software at each address`() async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let book = JournalBook()
        let failure = await failure { () throws(Failure) in
            try await ServerProbe(world.resident.name, world.network(book.journal), book.journal).run()
        }
        #expect(failure == nil)
        #expect(book.addresses.map(\.software) == ["fedjoin-sandbox"])
        #expect(book.addresses.map(\.result) == [.pass])
        #expect(world.resident.requests == ["GET /_matrix/federation/v1/version"])
    }

    @Test func `a certificate that fails is shown, and who issued it`() async throws {
        let world = try SandboxWorld(trusts: false)
        defer { world.stop() }
        let book = JournalBook()
        let failure = await failure { () throws(Failure) in
            try await ServerProbe(world.resident.name, world.network(book.journal), book.journal).run()
        }
        #expect(failure?.exit == 23)
        #expect(book.addresses.map(\.result) == [.fail])
        #expect(book.addresses.first?.certificate?.names == ["127.0.0.1"])
    }

    @Test func `each rule after the one that decides is shown with what it would have given`() async throws {
        let book = JournalBook()
        let transport = FakeTransport { request throws(TransportError) in
            request.target.hasPrefix("/.well-known")
                ? .json(["m.server": "b.example:443"]) : .json(["server": ["name": "Fake", "version": "1"]])
        }
        let network = Network(
            identity: FakeServer("us.example").identity, transport: transport, journal: book.journal,
            resolver: .anywhere)
        let server = try #require(ServerName("a.example"))
        let failure = await failure { () throws(Failure) in
            try await ServerProbe(server, network, book.journal).run()
        }
        #expect(failure == nil)
        #expect(book.rules.map(\.finding.rule) == ["3.2", "4", "5", "6"])
        #expect(book.rules.map(\.role) == [.decisive, .after, .after, .after])
        guard case .found(let last) = book.rules.last?.finding.outcome else {
            Issue.record("rule 6 always leads somewhere")
            return
        }
        #expect(last.place == "a.example:8448")
        #expect(transport.requests.last?.hostHeader == "b.example:443")
    }

    @Test func `our key is found right by ourselves, and by a notary that has it`() async throws {
        let us = FakeServer("us.example:1")
        let book = JournalBook()
        let transport = FakeTransport { request throws(TransportError) in
            switch request.path {
            case "/_matrix/key/v2/server": .json(us.keyDocument)
            case "/_matrix/key/v2/query/us.example%3A1": .json(["server_keys": [us.keyDocument]])
            default: .error(404, "M_UNRECOGNIZED")
            }
        }
        let failure = await look(us, transport, book, ["notary.example:1"])
        #expect(failure == nil)
        #expect(book.results("own_key") == [.pass])
        #expect(book.results("notary") == [.pass])
    }

    @Test func `a notary that has no key of ours is a warning`() async throws {
        let us = FakeServer("us.example:1")
        let book = JournalBook()
        let transport = FakeTransport { request throws(TransportError) in
            request.path == "/_matrix/key/v2/server" ? .json(us.keyDocument) : .json(["server_keys": []])
        }
        let failure = await look(us, transport, book, ["notary.example:1"])
        #expect(failure == nil)
        #expect(book.results("notary") == [.warn])
    }

    @Test func `a key that cannot be fetched fails the command, though it would only warn in a join`() async throws {
        let us = FakeServer("us.example:1")
        let book = JournalBook()
        let failure = await look(us, FakeTransport { _ throws(TransportError) in throw .fake(.connect) }, book, [])
        #expect(failure?.exit == 12)
        #expect(failure?.side == .ours)
    }

    private func look(
        _ us: FakeServer, _ transport: FakeTransport, _ book: JournalBook, _ notaries: [Text]
    ) async -> Failure? {
        let network = Network(
            identity: us.identity, transport: transport, journal: book.journal, resolver: .anywhere)
        guard let room = try? RoomReference(parsing: "!r:us.example:1") else { return nil }
        var request = MembershipRequest(room: room, user: us.user("me"))
        request.stopAfter = .identity
        let (asked, named) = (request, notaries.compactMap { ServerName($0) })
        return await failure { () throws(Failure) in
            try await SelfView(asked, network, book.journal).run(notaries: named)
        }
    }
}
