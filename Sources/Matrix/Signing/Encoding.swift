internal import CSodium

/// Base64 without padding (appendices, "Unpadded Base64").
package enum Base64 {
    package static func encode(_ bytes: [UInt8], urlSafe: Bool = false) -> Text {
        let variant = urlSafe ? sodium_base64_VARIANT_URLSAFE_NO_PADDING : sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        let capacity = sodium_base64_encoded_len(bytes.count, variant)
        let string = String(unsafeUninitializedCapacity: capacity) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return }
                _ = sodium_bin2base64(start, capacity, bytes, bytes.count, variant)
            }
            return capacity - 1
        }
        return Text(string)
    }

    /// The bytes that `text` stands for, with or without padding ("decoders should tolerate it"), or nil where it is
    /// not base64 of the standard alphabet.
    ///
    /// Bits of the last digit that stand for nothing are passed over, as every other implementation does: the
    /// specification's own test seed has one set, and libsodium alone would refuse it.
    package static func decode(_ text: Text) -> [UInt8]? {
        var digits = text.bytes
        if digits.count % 4 == 0 {
            for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        let missing = (4 - digits.count % 4) % 4
        guard missing < 3 else { return nil }
        // Zero digits make the group whole, so that those bits fall into the bytes dropped after it.
        digits += repeatElement(UInt8(ascii: "A"), count: missing)
        var bytes = [UInt8](repeating: 0, count: digits.count / 4 * 3)
        var length = 0
        let result = digits.withUnsafeBytes { digits in
            sodium_base642bin(
                &bytes,
                bytes.count,
                digits.baseAddress?.assumingMemoryBound(to: CChar.self),
                digits.count,
                nil,
                &length,
                nil,
                sodium_base64_VARIANT_ORIGINAL_NO_PADDING
            )
        }
        return result == 0 && length == bytes.count ? bytes.dropLast(missing) : nil
    }
}

package enum SHA256 {
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
        return digest
    }
}
