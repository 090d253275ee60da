internal import CGnuTLS
internal import CSodium

package enum SHA256 {
    /// What `body` makes of the 32 bytes of the hash of `bytes`, which lie on the stack.
    @inline(__always)
    static func withHash<Result>(of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        return withUnsafeMutableBytes(of: &digest) { digest in
            let start = digest.bindMemory(to: UInt8.self)
            if let start = start.baseAddress { write(bytes, start) }
            return body(UnsafeRawBufferPointer(digest))
        }
    }

    private static func write(_ bytes: [UInt8], _ digest: UnsafeMutablePointer<UInt8>) {
        if cgnutls_sha256(bytes, bytes.count, digest) == 0 { crypto_hash_sha256(digest, bytes, UInt64(bytes.count)) }
    }

    /// The 32 bytes of the hash of `bytes`.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(crypto_hash_sha256_BYTES)) { digest, count in
            count = Int(crypto_hash_sha256_BYTES)
            if let start = digest.baseAddress { write(bytes, start) }
        }
    }
}
