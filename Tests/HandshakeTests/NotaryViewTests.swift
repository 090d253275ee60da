import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// `self`: our name and key from here, and as a notary has them.
@Suite struct NotaryViewTests {
    private static let us = FakeServer("us.example:1")
    private static let notary = FakeServer("notary.example:1")
    private let book = JournalBook()

    /// What the notary signs of a document of ours.
    private static func countersigned(_ document: JSON.Object, by notary: FakeServer = notary) -> JSON {
        .object(notary.signed(document))
    }

    private static func document(_ us: FakeServer, _ change: (inout JSON.Object) -> Void = { _ in }) -> JSON.Object {
        var keys = us.keys
        change(&keys)
        return us.signed(keys)
    }

    /// What a notary that answers the query so is said to have; `keys` is what it publishes of itself.
    private func look(_ held: [JSON], keys: JSON? = notary.keyDocument) async -> Failure? {
        let transport = FakeTransport { request throws(TransportError) in
            switch (request.host, request.path) {
            case ("us.example", "/_matrix/key/v2/server"): .json(Self.us.keyDocument)
            case ("notary.example", "/_matrix/key/v2/query/us.example%3A1"): .json(["server_keys": .array(held)])
            case ("notary.example", "/_matrix/key/v2/server"): keys.map { .json($0) } ?? .text("", status: 502)
            case ("us.example", "/_matrix/federation/v1/version"): .json(["server": ["name": "Synapse"]])
            default: .error(404, "M_UNRECOGNIZED")
            }
        }
        return await look(transport, [Self.notary.name])
    }

    private func look(_ transport: FakeTransport, _ notaries: [ServerName]) async -> Failure? {
        let network = Network(
            identity: Self.us.identity, transport: transport, journal: book.journal, resolver: .anywhere)
        guard let room = try? RoomReference(parsing: "!r:us.example:1") else { return nil }
        var request = MembershipRequest(room: room, user: Self.us.user("me"))
        request.stopAfter = .identity
        do throws(Failure) {
            try await SelfView(request, network, book.journal).run(notaries: notaries)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a notary that has our key, signed by us and by itself, passes both checks`() async {
        #expect(await look([Self.countersigned(Self.document(Self.us))]) == nil)
        #expect(book.results("notary") == [.pass])
        #expect(book.results("notary_signature") == [.pass])
        #expect(book.results("homeserver") == [.pass])
    }

    @Test func `a notary's old key signs nothing`() async {
        let old = FakeServer(Self.notary.name.text, generation: 1)
        var keys = Self.notary.keys
        keys["old_verify_keys"] = [old.keyID.text: ["key": .string(old.publicKey.base64), "expired_ts": 1]]
        let held = Self.countersigned(Self.document(Self.us), by: old)
        #expect(await look([held], keys: .object(Self.notary.signed(keys))) == nil)
        #expect(book.results("notary_signature") == [.warn])
    }

    @Test func `another key of ours is found in each document that a notary has`() async {
        let right = Self.countersigned(Self.document(Self.us))
        let wrong = Self.countersigned(Self.document(FakeServer("us.example:1", twin: true)))
        #expect(await look([right, wrong])?.exit == 19)
    }

    static let signatures: [(JSON, JSON?, Outcome)] = [
        (.object(document(us)), notary.keyDocument, .warn),
        (countersigned(document(us), by: FakeServer("notary.example:1", generation: 1)), notary.keyDocument, .warn),
        (countersigned(document(us), by: FakeServer("else.example:1")), notary.keyDocument, .warn),
        (countersigned(document(us)), nil, .skip), (countersigned(document(us)), ["a": 1], .skip),
    ]

    @Test(arguments: signatures)
    func `the notary's own signature is checked as far as its key can be had`(
        held: JSON, keys: JSON?, result: Outcome
    ) async {
        #expect(await look([held], keys: keys) == nil)
        #expect(book.results("notary") == [.pass])
        #expect(book.results("notary_signature") == [result])
    }

    static let stale: [([JSON], String)] = [
        ([], "it has no key of ours"),
        (
            [.object(document(FakeServer("us.example:1", generation: 1)))],
            "it has ed25519:k1 of ours, and not ed25519:k0"
        ),
        ([.object(document(us) { $0["valid_until_ts"] = 1 })], "no longer valid"),
        ([.object(us.keys)], "not signed by the key that it names"), ([["server_name": "us.example:1"]], "not signed"),
        ([.object(document(FakeServer("else.example")))], "no key document"),
    ]

    @Test(arguments: stale)
    func `what a notary has of us and others could not use is a warning`(held: [JSON], words: String) async {
        #expect(await look(held) == nil)
        #expect(book.results("notary") == [.warn])
        #expect(book.details("notary").first?.contains(words) == true, "\(book.details("notary"))")
    }

    @Test func `a notary that has another key under our id fails the command`() async {
        let other = FakeServer("us.example:1", generation: 1)
        let lie = Self.document(other) { keys in
            keys["verify_keys"] = .object([
                Self.us.keyID.text: ["key": .string(other.publicKey.base64)],
                other.keyID.text: ["key": .string(other.publicKey.base64)],
            ])
        }
        let failure = await look([Self.countersigned(lie)])
        #expect(failure?.exit == 19)
        #expect(failure?.hints.first?.id == "own-key-mismatch")
    }

    @Test func `a notary that does not answer is a warning`() async {
        let transport = FakeTransport { request throws(TransportError) in
            guard request.host == "us.example" else { throw .fake(.timeout) }
            return request.path == "/_matrix/key/v2/server" ? .json(Self.us.keyDocument) : .error(404, "M_UNRECOGNIZED")
        }
        #expect(await look(transport, [Self.notary.name]) == nil)
        #expect(book.results("notary") == [.warn])
        #expect(book.results("homeserver") == [.warn], "nothing answers /version")
    }

    static let faults: [(TransportError.Kind, Int)] = [(.connect, 12), (.timeout, 14), (.tls, 13), (.name, 11)]

    @Test(arguments: faults)
    func `a name of ours that cannot be reached fails by why`(kind: TransportError.Kind, exit: Int) async {
        let failure = await look(FakeTransport { _ throws(TransportError) in throw .fake(kind) }, [])
        #expect(failure?.exit == exit)
        #expect(failure?.side == .ours)
    }

    @Test func `our name is resolved by every rule, and each address asked, before the key is`() async {
        let us = FakeServer("us.example")
        let transport = FakeTransport { request throws(TransportError) in
            switch request.path {
            case "/.well-known/matrix/server": .json(["m.server": "us.example:2"])
            case "/_matrix/key/v2/server": .json(us.keyDocument)
            default: .json(["server": ["name": "Synapse"]])
            }
        }
        let network = Network(
            identity: us.identity, transport: transport, journal: book.journal,
            resolver: HostResolver { _ in .success(["192.0.2.1", "2001:db8::1"]) })
        guard let room = try? RoomReference(parsing: "!r:us.example") else { return }
        var request = MembershipRequest(room: room, user: us.user("me"))
        request.stopAfter = .identity
        try? await SelfView(request, network, book.journal).run(notaries: [])
        #expect(book.rules.map(\.finding.rule) == ["3.2", "4", "5", "6"])
        #expect(book.addresses.map(\.address) == ["192.0.2.1", "2001:db8::1"])
        #expect(book.addresses.allSatisfy { $0.stage == .identity })
        #expect(book.results("own_key") == [.pass])
        #expect(book.stageEnds.map(\.result) == [.pass])
    }
}
