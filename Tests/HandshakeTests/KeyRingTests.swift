import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct KeyRingTests {
    private static let us = FakeServer("joiner.example:1")
    private static let others = (0..<150).map { FakeServer(Text("s\($0).example:1")) }

    private func ring(_ change: (inout KeyPolicy) -> Void = { _ in }) -> KeyRing {
        var policy = KeyPolicy()
        change(&policy)
        return KeyRing(policy, us: Self.us.identity)
    }

    private static let refused: KeyRing.Fetch = { server in
        .failure(Failure(.verify, .connect, "nobody is there", server: server))
    }

    private static let published: KeyRing.Fetch = { name in
        guard let server = others.first(where: { $0.name == name }),
            let keys = try? ServerKeys(server.keyDocument, of: name)
        else { return .failure(Failure(.verify, .notFound, "no such server", server: name)) }
        return .success(KeyTable.Entry(keys: keys.keys, source: .server))
    }

    @Test func `our own key is known, and asked of nobody`() async {
        var ring = ring()
        ring.want([Self.us.name])
        await ring.fetchAll(Self.refused)
        #expect(ring.table[Self.us.name]?[Self.us.keyID]?.key == Self.us.publicKey)
        #expect(ring.failures.isEmpty)
    }

    @Test func `nobody can give us another key under the id of ours`() {
        var ring = ring()
        let known = KnownKey(key: Self.others[0].publicKey, validity: .until(4_000_000_000_000))
        ring.take(.success(KeyTable.Entry(keys: [Self.us.keyID: known], source: .server)), of: Self.us.name)
        #expect(ring.table[Self.us.name]?[Self.us.keyID]?.key == Self.us.publicKey)
    }

    @Test func `each server is asked once`() async {
        var ring = ring()
        ring.want([Self.others[0].name, Self.others[1].name, Self.others[0].name])
        await ring.fetchAll(Self.published)
        ring.want([Self.others[0].name])
        #expect(ring.next() == nil)
        #expect(ring.table.entries.count == 3)
        #expect(ring.table.entries[Self.others[0].name]?.source == .server)
    }

    @Test func `of very many servers as many as allowed are asked, in their order`() async {
        var ring = ring()
        ring.want(Self.others.map(\.name))
        await ring.fetchAll(Self.refused)
        #expect(ring.failures.count == 100)
        #expect(ring.notAsked == Self.others.dropFirst(100).map(\.name))
    }

    @Test func `those that decide come first, also past the limit`() async {
        var ring = ring { $0.mostServers = 2 }
        ring.want(Self.others.prefix(5).map(\.name))
        _ = ring.next()
        _ = ring.next()
        #expect(ring.next() == nil)
        ring.wantFirst([Self.others[4].name, Self.others[9].name])
        #expect(ring.next() == Self.others[4].name)
        #expect(ring.next() == Self.others[9].name)
        #expect(ring.next() == nil)
        #expect(ring.notAsked == [Self.others[2].name, Self.others[3].name])
    }

    @Test func `offline nobody is asked, and keys of a file count`() async throws {
        let document = try ServerKeys(Self.others[3].keyDocument, of: Self.others[3].name)
        var ring = ring {
            $0.isOffline = true
            $0.given = [document]
        }
        ring.want(Self.others.map(\.name))
        await ring.fetchAll(Self.published)
        #expect(Set(ring.table.entries.keys) == [Self.us.name, Self.others[3].name])
        #expect(ring.table.entries[Self.others[3].name]?.source == .file)
    }

    @Test func `before the end a server that was not heard of is waited for, and after it not`() {
        var ring = ring()
        #expect(ring.table[Self.others[0].name] == nil)
        ring.close()
        #expect(ring.table[Self.others[0].name] == [:])
    }
}
