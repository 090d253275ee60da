internal import CSodium

/// The public half of a key: 32 bytes.
package struct VerifyKey: Sendable, Hashable {
    /// Not in an array, which would be one more place in memory to go to for each event.
    private let key: Words

    /// 32 bytes in memory, aligned as any number is: what wants more breaks the allocator of Swift's tasks.
    private struct Words: Sendable, Hashable, BitwiseCopyable { let a, b, c, d: UInt64 }

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        key = bytes.withUnsafeBytes { $0.loadUnaligned(as: Words.self) }
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: key) { Array($0) } }

    func append(to bytes: inout [UInt8]) { withUnsafeBytes(of: key) { bytes.append(contentsOf: $0) } }

    package init?(base64 text: Text) {
        guard let bytes = Base64.decode(text) else { return nil }
        self.init(bytes)
    }

    package var base64: Text { Base64.encode(bytes) }

    static let size = Int(crypto_sign_PUBLICKEYBYTES)
    static let signatureSize = Int(crypto_sign_BYTES)

    /// Whether `signature` is this key's signature of `message`: strictly, as libsodium judges (no small-order points,
    /// no S that is not reduced).
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureSize else { return false }
        return withUnsafeBytes(of: key) { key in
            guard let key = key.assumingMemoryBound(to: UInt8.self).baseAddress else { return false }
            return csodium_verify_detached(signature, message, UInt64(message.count), key) == 0
        }
    }

    /// The same of a key, its signature and what was signed, which stand one after the other.
    static func verifies(_ all: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = size + signatureSize
        guard all.count >= start, let key = all.baseAddress else { return false }
        return csodium_verify_detached(key + size, key + start, UInt64(all.count - start), key) == 0
    }
}

/// Our own key, which signs as one server.
///
/// What it signs, and nothing else: a membership event that we built, a federation request, and our key document. Each
/// has a method of its own beside its type; there is none for any other JSON.
package final class SigningKey: Sendable {
    package let id: KeyID
    package let publicKey: VerifyKey
    /// Memory of libsodium's that is locked, fenced and wiped. Written once in `init`, only read after it.
    private nonisolated(unsafe) let secret: UnsafeMutablePointer<UInt8>

    /// Derives the pair from a seed of 32 bytes, or returns nil where `seed` has another length or memory is short.
    package init?(id: KeyID, seed: [UInt8]) {
        guard id.isEd25519, seed.count == crypto_sign_SEEDBYTES, sodium_init() >= 0,
            let memory = sodium_malloc(Int(crypto_sign_SECRETKEYBYTES))
        else { return nil }
        let secret = memory.bindMemory(to: UInt8.self, capacity: Int(crypto_sign_SECRETKEYBYTES))
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        guard crypto_sign_seed_keypair(&publicKey, secret, seed) == 0, let key = VerifyKey(publicKey) else {
            sodium_free(memory)
            return nil
        }
        _ = sodium_mprotect_readonly(memory)
        self.id = id
        self.secret = secret
        self.publicKey = key
    }

    deinit { sodium_free(secret) }

    /// Of this floor alone: what may be signed is said by the types that call it.
    func signature(of canonical: CanonicalJSON) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, canonical.bytes, UInt64(canonical.bytes.count), secret)
        return signature
    }
}
