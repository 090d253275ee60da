import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// Whether a room's policy server counts, and what is said of its signature.
@Suite struct PolicyServerTests {
    private static let policy = FakeServer("policy.example")
    private static let other = FakeServer("other.example")
    private static let good: JSON.Object = [
        "via": "policy.example", "public_keys": ["ed25519": .string(policy.publicKey.base64)],
    ]

    /// What is said of our join into a room with this policy, in which the policy server has a user of that
    /// membership; `signer` signs our join as the policy server.
    private func check(
        _ content: JSON.Object?, _ version: RoomVersion = .v11, membership: JSON? = "join", allMembers: Bool = true,
        stateKey: Text = "", signer: FakeServer? = nil, as name: ServerName = policy.name
    ) throws -> [Check] {
        var room = RoomBuilder(version, FakeResident.resident)
        if let content { room.add("m.room.policy", stateKey, content) }
        if let membership {
            let user = Self.policy.user("bot")
            room.add("m.room.member", user.text, ["membership": membership], sender: user, signer: Self.policy)
        }
        let read = try ReadRoom(room)
        let user = FakeResident.user
        let id = room.add(
            "m.room.member", user.text, ["membership": "join"], sender: user, signer: FakeResident.joiner)
        var own = try #require(room.state.last { $0.id == id }).event
        if let signer, let key = KeyID(KeyID.policyServer) {
            let signature = signer.signature(of: try EventHashes.signable(own, version).bytes)
            own = SignedJSON.adding(signature, of: name, key: key, to: own)
        }
        let book = JournalBook()
        PolicyServerCheck(body: read.body, version: version, journal: book.journal)
            .check(read.events, allMembers: allMembers, own: try PDU(own, version))
        return book.checks
    }

    @Test(arguments: [RoomVersion.v1, .v6, .v11, .v12])
    func `its signature recommends a join`(version: RoomVersion) throws {
        let said = try check(Self.good, version, signer: Self.policy)
        #expect(said.map(\.result) == [.pass])
        #expect(said.first?.server == Self.policy.name)
    }

    @Test func `without it, or by another key or name, the join is warned of`() throws {
        let unsigned = try check(Self.good)
        #expect(unsigned.map(\.result) == [.warn])
        #expect(unsigned.first?.detail.hasPrefix("our join does not bear the signature") == true)
        let forged = try check(Self.good, signer: Self.other)
        #expect(forged.map(\.result) == [.warn])
        #expect(forged.first?.detail.hasPrefix("the policy server's signature on our join is not by the key") == true)
        #expect(try check(Self.good, signer: Self.policy, as: Self.other.name).map(\.result) == [.warn])
    }

    @Test(arguments: ["leave", "invite", "ban", nil] as [JSON?])
    func `without a user in the room it does not count`(membership: JSON?) throws {
        #expect(try check(Self.good, membership: membership).map(\.result) == [.skip])
    }

    @Test func `where members were left out, its user may be among them`() throws {
        #expect(try check(Self.good, membership: nil, allMembers: false).map(\.result) == [.warn])
    }

    static let none: [JSON.Object?] = [
        nil, [:], ["via": "policy.example"], ["via": 7, "public_keys": good["public_keys"] ?? .null],
        ["via": "no name", "public_keys": good["public_keys"] ?? .null],
        ["via": "policy.example", "public_keys": []],
        ["via": "policy.example", "public_keys": ["ed25519": "short"]],
        ["via": "policy.example", "public_keys": ["ed25519": 7]],
    ]

    @Test(arguments: none)
    func `what names no server and key is no policy`(content: JSON.Object?) throws {
        #expect(try check(content).isEmpty)
    }

    @Test func `a policy with a state key is none`() throws {
        #expect(try check(Self.good, stateKey: "x").isEmpty)
    }
}
