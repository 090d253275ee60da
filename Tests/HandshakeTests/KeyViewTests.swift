import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// A server's keys as it has them itself, and as one notary has them.
@Suite struct KeyViewTests {
    private static let server = FakeServer("a.example:1")
    private static let notary = FakeServer("notary.example:1")

    /// What the notary hands on: documents with its own signature beside the server's.
    private static func copies(_ documents: [JSON.Object]) -> JSON {
        ["server_keys": .array(documents.map { .object(notary.signed($0)) })]
    }

    private static func document(
        of server: FakeServer = server, _ change: (inout JSON.Object) -> Void = { _ in }
    ) -> JSON.Object {
        var keys = server.keys
        keys["valid_until_ts"] = .integer(WallClock.now() + 3_600_000)
        change(&keys)
        return server.signed(keys)
    }

    private func look(
        own: JSON.Object?, copies: JSON? = nil
    ) async -> (failure: Failure?, book: JournalBook, transport: FakeTransport) {
        let book = JournalBook()
        let transport = FakeTransport { request throws(TransportError) in
            switch (request.hostHeader, request.path) {
            case ("a.example:1", "/_matrix/key/v2/server"):
                guard let own else { throw .fake(.connect) }
                return .json(.object(own))
            case ("notary.example:1", "/_matrix/key/v2/server"): return .json(Self.notary.keyDocument)
            case ("notary.example:1", "/_matrix/key/v2/query/a.example%3A1"):
                guard let copies else { throw .fake(.timeout) }
                return .json(copies)
            default: return .error(404, "M_UNRECOGNIZED")
            }
        }
        let network = Network(
            identity: FakeServer("us.example").identity, transport: transport, journal: book.journal,
            resolver: .anywhere)
        let failure: Failure?
        do throws(Failure) {
            try await KeyView(Self.server.name, network, book.journal).run(notaries: [Self.notary.name])
            failure = nil
        } catch {
            failure = error
        }
        return (failure, book, transport)
    }

    @Test func `keys that all agree on are shown from each, with their validity and signatures`() async {
        let document = Self.document()
        let (failure, book, transport) = await look(own: document, copies: Self.copies([document]))
        #expect(failure == nil)
        #expect(book.results("key") == [.pass, .pass])
        for detail in book.details("key") {
            #expect(detail.contains("ed25519:k0 \(Self.server.publicKey.base64), valid until"))
            #expect(detail.hasSuffix(", for 59m") || detail.hasSuffix(", for 1h 0m"))
        }
        #expect(book.results("key_signature") == [.pass, .pass])
        #expect(book.results("notary_signature") == [.pass])
        #expect(book.results("key_validity") == [])
        #expect(transport.requests.allSatisfy { $0.authorization == nil })
    }

    @Test func `a validity of years is cut to a week by those who take the key`() async {
        let (failure, book, _) = await look(
            own: Self.document { $0["valid_until_ts"] = .integer(WallClock.now() + 31_536_000_000) })
        #expect(failure == nil)
        #expect(book.details("key_validity").first?.contains("7 days") == true)
    }

    @Test func `a notary that has two minds of one key is told of, as is what came of it`() async {
        let document = Self.document()
        let other = Self.document(of: FakeServer("a.example:1", twin: true))
        let (failure, book, _) = await look(own: document, copies: Self.copies([document, other]))
        #expect(failure?.exit == 39)
        #expect(failure?.hints.first?.id == "keys-differ")
        #expect(book.details("key").contains { $0.hasPrefix("notary.example:1 has different keys of a.example:1 as") })
    }

    @Test func `only signatures that verify are said to be there`() async {
        var document = Self.document()
        document["signatures"] = [
            "a.example:1": [
                "ed25519:k0": document["signatures"]?["a.example:1"]?["ed25519:k0"] ?? .null,
                "ed25519:stranger": .string(Text(String(repeating: "A", count: 86))),
            ]
        ]
        let (failure, book, _) = await look(own: document)
        #expect(failure == nil)
        #expect(book.results("key_signature") == [.pass, .warn])
        #expect(book.details("key_signature").first == "signed by a.example:1, ed25519:k0")
        #expect(book.details("key_signature").last?.contains("not verified: signatures by ed25519:stranger") == true)
    }

    @Test func `a current key that has not signed, and an id of two keys, are warned of`() async {
        let silent = FakeServer("b.example", generation: 7)
        let document = Self.document {
            let keys = $0["verify_keys"]?.object
            guard var keys else { return }
            keys["ed25519:silent"] = ["key": .string(silent.publicKey.base64)]
            $0["verify_keys"] = .object(keys)
            $0["old_verify_keys"] = ["ed25519:k0": ["key": .string(silent.publicKey.base64), "expired_ts": 1]]
        }
        let (failure, book, _) = await look(own: document)
        #expect(failure == nil)
        #expect(book.details("key_signature").last == "ed25519:silent of a.example:1 is current and has not signed it")
        #expect(book.details("key").last?.contains("an id stands for one key") == true)
    }

    @Test(
        arguments: [
            ("server_name", "b.example", "key-document-invalid"), ("valid_until_ts", 1000, "key-document-expired"),
        ] as [(Text, JSON, String)])
    func `what is wrong with a document has a cause`(key: Text, value: JSON, id: String) async {
        let (failure, _, _) = await look(own: Self.document { $0[key] = value })
        #expect(failure?.exit == 39)
        #expect(failure?.hints.first?.id == id)
        #expect(failure?.side == .theirs)
    }

    @Test func `a document that has expired fails`() async {
        let (failure, book, _) = await look(
            own: Self.document { $0["valid_until_ts"] = .integer(WallClock.now() - 1000) })
        #expect(failure?.exit == 39)
        #expect(book.results("key") == [.fail])
        #expect(book.details("key").first?.contains("expired") == true)
    }

    @Test func `an old key is shown with the time until which it counts`() async {
        let old = FakeServer("a.example:1", generation: 1)
        let document = Self.document {
            $0["old_verify_keys"] = .object([
                old.keyID.text: ["key": .string(old.publicKey.base64), "expired_ts": 1_000_000_000_000]
            ])
        }
        let (failure, book, _) = await look(own: document)
        #expect(failure == nil)
        #expect(book.details("key").contains { $0.hasSuffix("an old key, for events before 2001-09-09T01:46:40.000Z") })
    }

    @Test func `another key under the same id fails`() async {
        let other = FakeServer("b.example:1")
        var keys = other.keys
        keys["server_name"] = "a.example:1"
        keys["valid_until_ts"] = .integer(WallClock.now() + 3_600_000)
        let signature = other.signed(keys)["signatures"]?["b.example:1"]
        keys["signatures"] = signature.map { ["a.example:1": $0] } ?? [:]
        let (failure, book, _) = await look(own: Self.document(), copies: Self.copies([keys]))
        #expect(failure?.exit == 39)
        #expect(failure?.side == .theirs)
        #expect(book.details("key").last == "a.example:1 and notary.example:1 have different keys as ed25519:k0")
    }

    @Test func `a key that leaked fails, whoever has it`() async throws {
        let leaked = try #require(VerifyKey.leaked.first)
        #expect(leaked.base64 == "l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og")
        let document = Self.document {
            $0["old_verify_keys"] = .object([
                "ed25519:old": ["key": .string(leaked.base64), "expired_ts": 1_000_000_000_000]
            ])
        }
        let (failure, _, _) = await look(own: document)
        #expect(failure?.exit == 39)
        #expect(failure?.hints.first?.id == "key-banned")
        #expect(failure?.message.contains("ed25519:old") == true)
    }

    @Test func `what only one of them has is a warning`() async {
        let newer = FakeServer("a.example:1", generation: 1)
        let (failure, book, _) = await look(
            own: Self.document(of: newer), copies: Self.copies([Self.document()]))
        #expect(failure == nil)
        let warnings = book.checks.filter { $0.check == "key" && $0.result == .warn }.map(\.detail)
        #expect(
            warnings == [
                "a.example:1 itself does not publish ed25519:k0, which notary.example:1 has",
                "notary.example:1 does not have ed25519:k1",
            ])
    }

    @Test func `a copy that the notary has not signed is a warning`() async {
        let (failure, book, _) = await look(
            own: Self.document(), copies: ["server_keys": [.object(Self.document())]])
        #expect(failure == nil)
        #expect(book.results("notary_signature") == [.warn])
    }

    @Test func `a notary that does not answer, or knows nothing, is a warning`() async {
        for copies in [nil, ["server_keys": []] as JSON?] {
            let (failure, book, _) = await look(own: Self.document(), copies: copies)
            #expect(failure == nil)
            #expect(book.results("notary") == [.warn])
        }
    }

    @Test func `a server that is gone fails, and what the notary has is shown all the same`() async {
        let (failure, book, _) = await look(own: nil, copies: Self.copies([Self.document()]))
        #expect(failure?.exit == 32)
        #expect(book.results("keys") == [.fail])
        #expect(book.results("key") == [.pass])
    }

    @Test func `a document that nobody signed fails`() async {
        var unsigned = Self.document()
        unsigned["signatures"] = [:]
        let (failure, _, _) = await look(own: unsigned)
        #expect(failure?.exit == 39)
        #expect(failure?.message.contains("none of its own keys has signed it") == true)
    }
}
