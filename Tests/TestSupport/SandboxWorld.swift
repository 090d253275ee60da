package import Federation
package import Handshake
package import Matrix
package import Sandbox

/// A sandbox resident, and a joining server of our own beside it: both on loopback, over TLS with one authority.
package final class SandboxWorld: Sendable {
    package let resident: Resident
    package let keyServer: KeyServer
    package let identity: Identity
    package let user: UserID
    private let transport: CurlTransport
    private let kept = Locked<[Record]>([])

    /// `trusts` says whether we trust the resident's certificate, `isTrusted` whether it trusts ours when it fetches our
    /// key: a certificate fails at once and for certain, where a closed port may be another test's by then.
    package init(trusts: Bool = true, isTrusted: Bool = true) throws {
        let authority = try Authority.make()
        let others = trusts ? authority : try Authority.make()
        transport = CurlTransport(CurlTransport.Settings(caPEM: authority.certificatePEM))
        let fetching = CurlTransport(
            CurlTransport.Settings(caPEM: isTrusted ? authority.certificatePEM : try Authority.make().certificatePEM))
        let fetched = FetchedKeys(fetching)
        let certificate = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: others)
        resident = try Resident(certificate: certificate, keys: fetched.keys)
        let key = Make.key()
        let own = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: authority)
        keyServer = try KeyServer(
            listen: SocketPlace(address: "127.0.0.1", port: 0), certificate: own, notice: { _ in },
            identity: { Identity(server: Make.server("127.0.0.1:\($0)"), key: key) })
        identity = keyServer.identity
        user = Make.user("@fedjoin:\(identity.server)")
    }

    deinit { stop() }

    package func stop() {
        resident.stop()
        keyServer.stop()
        transport.shutDown()
    }

    /// The records of all runs so far.
    package var records: [Record] { kept.withLock { $0 } }

    package func alias(_ name: String) -> Text { Text("#\(name):\(resident.name)") }

    package func request(_ alias: String) throws -> MembershipRequest {
        MembershipRequest(room: try RoomReference(parsing: self.alias(alias)), user: user)
    }

    /// A journal and a handshake of `request`, their records kept.
    package func handshake(_ request: MembershipRequest, retries: Retries = Retries()) -> (Handshake, Journal) {
        let journal = Journal { record in self.kept.withLock { $0.append(record) } }
        return (Handshake(request, network: network(journal, retries: retries), journal: journal), journal)
    }

    package func network(_ journal: Journal, retries: Retries = Retries()) -> Network {
        var addresses = Network.Addresses()
        addresses.named = [resident.name]
        return Network(
            identity: identity, transport: transport, journal: journal, addresses: addresses, retries: retries)
    }
}

/// Values for tests, from text that is known to be right.
package enum Make {
    package static func server(_ text: String) -> ServerName {
        guard let name = ServerName(Text(text)) else { fatalError("no server name: \(text)") }
        return name
    }

    package static func user(_ text: String) -> UserID {
        guard let user = UserID(Text(text)) else { fatalError("no user id: \(text)") }
        return user
    }

    package static func key() -> SigningKey {
        guard let id = KeyID("ed25519:a_test"), let key = SigningKey(id: id, seed: RandomText.seed()) else {
            fatalError("no memory for a key")
        }
        return key
    }
}
