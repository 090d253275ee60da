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
    /// not base64 of the standard alphabet or has bits set that stand for nothing.
    package static func decode(_ text: Text) -> [UInt8]? {
        let padded = text.string.hasSuffix("=")
        let variant = padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        var string = text.string
        return string.withUTF8 { utf8 in
            var bytes = [UInt8](repeating: 0, count: utf8.count / 4 * 3 + 3)
            var length = 0
            let result = utf8.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return CInt(0) }
                return sodium_base642bin(&bytes, bytes.count, start, characters.count, nil, &length, nil, variant)
            }
            return result == 0 ? Array(bytes[..<length]) : nil
        }
    }
}

package enum SHA256 {
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
        return digest
    }
}
