internal import CSodium
internal import Federation
internal import Matrix

/// The key that the sandbox signs its rooms with.
///
/// A type of its own, made at random and never read from a file: the tool's own key signs membership events, requests
/// and its key document, and nothing here can be reached with it.
final class RoomKey: Sendable {
    let id: KeyID
    let publicKey: VerifyKey
    private let secret: [UInt8]

    init?() {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secret = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        guard sodium_init() >= 0, crypto_sign_keypair(&publicKey, &secret) == 0,
            let key = VerifyKey(publicKey), let id = KeyID(Text("ed25519:s_\(RandomText.make(6))"))
        else { return nil }
        self.publicKey = key
        self.secret = secret
        self.id = id
    }

    /// `object` with this key's signature over what is signed of it; fails only for numbers that are not canonical.
    func sign(_ object: JSON.Object, as server: ServerName) throws -> JSON.Object {
        adding(try CanonicalJSON(SignedJSON.signable(object)), to: object, server)
    }

    /// An event with its content hash and this key's signature.
    func sign(event: JSON.Object, _ version: RoomVersion, as server: ServerName) throws -> JSON.Object {
        var event = event
        event["hashes"] = ["sha256": .string(Base64.encode(try EventHashes.content(event, version)))]
        return try cosign(event: event, version, as: server)
    }

    /// An event of another server with this key's signature beside the others.
    func cosign(event: JSON.Object, _ version: RoomVersion, as server: ServerName) throws -> JSON.Object {
        adding(try EventHashes.signable(event, version), to: event, server)
    }

    private func adding(_ signed: CanonicalJSON, to object: JSON.Object, _ server: ServerName) -> JSON.Object {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, signed.bytes, UInt64(signed.bytes.count), secret)
        return SignedJSON.adding(signature, of: server, key: id, to: object)
    }
}
