internal import CSodium
package import Federation
package import Matrix

/// A server with a key of its own that signs whatever it is told to, as ours never does.
package struct FakeServer: Sendable, Hashable {
    package let name: ServerName
    package let keyID: KeyID
    package let publicKey: VerifyKey
    private let seed: [UInt8]
    private let secret: [UInt8]

    /// The same name makes the same key, and `generation` another one; `twin` another one under the same id.
    package init(_ name: Text, generation: Int = 0, twin: Bool = false) {
        guard let server = ServerName(name), let id = KeyID(Text("ed25519:k\(generation)")) else {
            fatalError("\(name) is no server name")
        }
        self.name = server
        keyID = id
        seed = SHA256.hash(Array("\(name) \(generation)\(twin ? " twin" : "")".utf8))
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secret = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        precondition(sodium_init() >= 0 && crypto_sign_seed_keypair(&publicKey, &secret, seed) == 0)
        guard let key = VerifyKey(publicKey) else { fatalError("libsodium made no key") }
        self.publicKey = key
        self.secret = secret
    }

    /// The same server as our own code knows it.
    package var identity: Identity {
        guard let key = SigningKey(id: keyID, seed: seed) else { fatalError("libsodium made no key") }
        return Identity(server: name, key: key)
    }

    package func user(_ localpart: Text) -> UserID {
        guard let user = UserID(Text("@\(localpart):\(name)")) else { fatalError("\(localpart) is no localpart") }
        return user
    }

    package func signature(of bytes: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, bytes, UInt64(bytes.count), secret)
        return signature
    }

    /// `object` with this server's signature, as key documents are signed.
    package func signed(_ object: JSON.Object) -> JSON.Object {
        guard let canonical = try? CanonicalJSON(SignedJSON.signable(object)) else { fatalError("not canonical") }
        return SignedJSON.adding(signature(of: canonical.bytes), of: name, key: keyID, to: object)
    }

    /// `event` with its content hash and this server's signature; both by the rules of `version`.
    package func signed(event: JSON.Object, _ version: RoomVersion) -> JSON.Object {
        var event = event
        guard let hash = try? EventHashes.content(event, version) else { fatalError("not canonical") }
        event["hashes"] = ["sha256": .string(Base64.encode(hash))]
        return countersigned(event, version)
    }

    /// `event` with this server's signature beside those that it has.
    package func countersigned(_ event: JSON.Object, _ version: RoomVersion) -> JSON.Object {
        guard let signable = try? EventHashes.signable(event, version) else { fatalError("not canonical") }
        return SignedJSON.adding(signature(of: signable.bytes), of: name, key: keyID, to: event)
    }

    /// What stands in its key document before that is signed.
    package var keys: JSON.Object {
        [
            "server_name": .string(name.text), "valid_until_ts": .integer(4_000_000_000_000),
            "verify_keys": .object([keyID.text: ["key": .string(publicKey.base64)]]), "old_verify_keys": [:],
        ]
    }

    package var keyDocument: JSON { .object(signed(keys)) }
}
