import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What notaries are asked for, and what of their answers counts.
@Suite struct KeyFetchTests {
    private static let us = FakeServer("us.example:1")
    private static let notary = FakeServer("notary.example:1")
    private static let other = FakeServer("other.example:1")
    private let book = JournalBook()

    private func fetch(_ transport: FakeTransport) -> KeyFetch {
        let network = Network(
            identity: Self.us.identity, transport: transport, journal: book.journal, resolver: .anywhere)
        return KeyFetch(network: network, resident: nil, journal: book.journal)
    }

    /// A notary that answers every query so.
    private static func answering(_ answer: Response, own: JSON = notary.keyDocument) -> FakeTransport {
        FakeTransport { request in request.path == "/_matrix/key/v2/server" ? .json(own) : answer }
    }

    private func found(_ answer: Response, own: JSON = notary.keyDocument) async -> [ServerKeys] {
        await fetch(Self.answering(answer, own: own)).query(
            Self.notary.name, [Self.other.name: [Self.other.keyID: 7]], enforcesValidity: true)
    }

    @Test(arguments: [(1, [1]), (200, [200]), (201, [200, 1]), (450, [200, 200, 50])])
    func `asks for at most 200 servers at once`(count: Int, batches: [Int]) async throws {
        let transport = Self.answering(.json(["server_keys": []]))
        var needs: [ServerName: [KeyID: Int]] = [:]
        for i in 0..<count { needs[.named(Text("s\(i).example"))] = [Self.other.keyID: i] }
        _ = await fetch(transport).query(Self.notary.name, needs, enforcesValidity: true)
        let queries = transport.requests.filter { $0.path == "/_matrix/key/v2/query" }
        #expect(queries.allSatisfy { $0.method == .post })
        let asked = queries.compactMap { $0.json?["server_keys"]?.object?.members }
        #expect(asked.map(\.count) == batches)
        #expect(Set(asked.joined().map(\.key)) == Set(needs.keys.map(\.text)))
    }

    @Test(arguments: [(7, true, 7), (0, true, 0), (-5, true, 0), (7, false, nil)] as [(Int, Bool, Int?)])
    func `says until when a key has to be valid, where that counts`(time: Int, counts: Bool, asked: Int?) async throws {
        let transport = Self.answering(.json(["server_keys": []]))
        _ = await fetch(transport).query(
            Self.notary.name, [Self.other.name: [Self.other.keyID: time]], enforcesValidity: counts)
        let query = try #require(transport.requests.last?.json)
        let key = query["server_keys"]?["other.example:1"]?["ed25519:k0"]
        #expect(key == (asked.map { ["minimum_valid_until_ts": .integer($0)] } ?? [:]))
    }

    static let documents: [(JSON, Bool)] = [
        (.object(notary.signed(other.signed(other.keys))), true),
        (.object(other.signed(other.keys)), false),
        (.object(notary.signed(other.keys)), false),
        (.object(FakeServer("else.example:1").signed(other.signed(other.keys))), false),
        (.object(FakeServer("notary.example:1", twin: true).signed(other.signed(other.keys))), false),
        (.object(FakeServer("notary.example:1", generation: 1).signed(other.signed(other.keys))), false),
        (.object(notary.signed(FakeServer("else.example:1").signed(FakeServer("else.example:1").keys))), false),
        (.null, false), ([], false), (["server_name": 7], false),
    ]

    @Test(arguments: documents)
    func `counts only what the owner and the notary have signed`(document: JSON, counts: Bool) async {
        let found = await found(.json(["server_keys": [document]]))
        #expect(found.map(\.server) == (counts ? [Self.other.name] : []))
    }

    /// The notary's own keys, with an old one, and valid until then.
    private static func own(until end: Int = 4_000_000_000_000, old: FakeServer) -> JSON {
        var keys = notary.keys
        keys["valid_until_ts"] = .integer(end)
        keys["old_verify_keys"] = [
            old.keyID.text: ["key": .string(old.publicKey.base64), "expired_ts": .integer(WallClock.now() - 1000)]
        ]
        return .object(notary.signed(keys))
    }

    @Test func `a notary signs by a key that is valid, not by an old one`() async {
        let old = FakeServer(Self.notary.name.text, generation: 1)
        let signed = Self.other.signed(Self.other.keys)
        let (by, byOld) = (JSON.object(Self.notary.signed(signed)), JSON.object(old.signed(signed)))
        let own = Self.own(old: old)
        #expect(await found(.json(["server_keys": [by]]), own: own).count == 1)
        #expect(await found(.json(["server_keys": [byOld]]), own: own).isEmpty)
        let both = JSON.object(old.signed(Self.notary.signed(signed)))
        #expect(await found(.json(["server_keys": [both]]), own: own).count == 1)
        let late = Self.own(until: WallClock.now() - 1000, old: old)
        #expect(await found(.json(["server_keys": [by]]), own: late).isEmpty, "they are valid no more")
    }

    @Test func `takes the good ones among others, and old keys`() async {
        var keys = Self.other.keys
        keys["old_verify_keys"] = ["ed25519:old": ["key": .string(Self.us.publicKey.base64), "expired_ts": 9]]
        let good = JSON.object(Self.notary.signed(Self.other.signed(keys)))
        let found = await found(.json(["server_keys": [.null, good, .object(Self.other.keys)]]))
        #expect(found.count == 1)
        #expect(found.first?.keys[KeyID("ed25519:old")!]?.validity == .expired(9))
        #expect(found.first?.keys[Self.other.keyID]?.validity == .until(4_000_000_000_000))
    }

    static let useless: [Response] = [
        .text("<html>", status: 200), .error(500, "M_UNKNOWN"), .json([]), .json(["server_keys": [:]]), .json(.null),
    ]

    @Test(arguments: useless.indices)
    func `an answer of no use is no key`(index: Int) async {
        #expect(await found(Self.useless[index]).isEmpty)
    }

    @Test func `a notary whose own keys are not valid is not asked`() async {
        let transport = Self.answering(.json(["server_keys": []]), own: .object(Self.notary.keys))
        _ = await fetch(transport).query(
            Self.notary.name, [Self.other.name: [Self.other.keyID: 7]], enforcesValidity: true)
        #expect(transport.asked == ["GET /_matrix/key/v2/server"])
        #expect(book.results("notary") == [.warn])
    }
}
