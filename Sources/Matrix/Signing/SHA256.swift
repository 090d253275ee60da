internal import CGnuTLS
internal import CSodium

package enum SHA256 {
    /// The 32 bytes of the hash of `bytes`.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(crypto_hash_sha256_BYTES)) { digest, count in
            count = Int(crypto_hash_sha256_BYTES)
            guard let start = digest.baseAddress, cgnutls_sha256(bytes, bytes.count, start) == 0 else { return }
            crypto_hash_sha256(start, bytes, UInt64(bytes.count))
        }
    }
}
