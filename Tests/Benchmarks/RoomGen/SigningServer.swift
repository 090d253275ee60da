internal import CSodium
internal import Matrix

/// A server of the room with its keys, which its name decides: whoever knows the name can sign for it.
struct SigningServer: Sendable {
    /// One key, and until when it signed.
    struct Pair: Sendable {
        let id: KeyID
        let publicKey: VerifyKey
        let secret: [UInt8]
        /// Milliseconds since 1970, or nil where the server still signs with it.
        let expired: Int?
    }

    let name: Text
    private let current: Pair
    private let old: Pair?

    /// Every key document is valid until then.
    private static let validUntil = 4_000_000_000_000

    /// With `rotated`, a key before the current one, which was used until then.
    init(_ name: Text, rotated: Int?) {
        self.name = name
        current = Self.pair(name, generation: 1, expired: nil)
        old = rotated.map { Self.pair(name, generation: 0, expired: $0) }
    }

    private static func pair(_ name: Text, generation: Int, expired: Int?) -> Pair {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secret = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        let seed = SHA256.hash(Array("\(name) \(generation)".utf8))
        let tag = Base64.encode(Array(seed.prefix(3))).letters
        guard crypto_sign_seed_keypair(&publicKey, &secret, seed) == 0, let key = VerifyKey(publicKey),
            let id = KeyID(Text("ed25519:a_\(generation)\(tag)"))
        else { fatalError("libsodium made no key for \(name)") }
        return Pair(id: id, publicKey: key, secret: secret, expired: expired)
    }

    /// The key that signs at `time`.
    func pair(at time: Int) -> Pair {
        if let old, let end = old.expired, time < end { return old }
        return current
    }

    static func sign(_ message: [UInt8], _ pair: Pair) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, message, UInt64(message.count), pair.secret)
        return signature
    }

    /// Adds this server's signature of `message` at `time` to an object's `signatures`.
    func sign(_ message: [UInt8], at time: Int, into signatures: inout JSON.Object) {
        let pair = pair(at: time)
        signatures[name] = .object([pair.id.text: .string(Base64.encode(Self.sign(message, pair)))])
    }

    /// Its answer to `GET /_matrix/key/v2/server`.
    var keyDocument: JSON {
        var document = unsignedDocument
        var signatures = JSON.Object()
        sign(Self.canonical(document), at: .max, into: &signatures)
        document["signatures"] = .object(signatures)
        return .object(document)
    }

    /// How many bytes of it are signed.
    var signedSize: Int { Self.canonical(unsignedDocument).count }

    private static func canonical(_ document: JSON.Object) -> [UInt8] {
        guard let canonical = try? CanonicalJSON(document) else { fatalError("a key document is not canonical") }
        return canonical.bytes
    }

    private var unsignedDocument: JSON.Object {
        var document: JSON.Object = [
            "server_name": .string(name), "valid_until_ts": .integer(Self.validUntil),
            "verify_keys": .object([current.id.text: ["key": .string(current.publicKey.base64)]]),
            "old_verify_keys": [:],
        ]
        if let old, let expired = old.expired {
            let entry: JSON = ["key": .string(old.publicKey.base64), "expired_ts": .integer(expired)]
            document["old_verify_keys"] = .object([old.id.text: entry])
        }
        return document
    }
}

extension Text {
    /// What may stand in a key's version.
    fileprivate var letters: String {
        String(String.UnicodeScalarView(string.unicodeScalars.filter { $0 != "+" && $0 != "/" }))
    }
}
