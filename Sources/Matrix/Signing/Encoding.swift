internal import CSodium

/// Base64 without padding (appendices, "Unpadded Base64").
///
/// Of public bytes alone, so that nothing has to take the same time for all: an answer to send_join has several of them
/// an event, and libsodium's takes ten times as long. Keys are decoded by `decodeSecret`.
package enum Base64 {
    private static let standard = Alphabet(last: "+/")
    private static let urlSafe = Alphabet(last: "-_")

    /// Tables that are written once and stay: counting who looks at them would cost more than the look, since all
    /// cores do.
    private struct Alphabet: @unchecked Sendable {
        let digits: UnsafePointer<UInt8>
        /// The value of each byte, 64 for one that is no digit.
        let values: UnsafePointer<UInt8>

        init(last: String) {
            let all = Array((0x41...0x5A).map { UInt8($0) } + (0x61...0x7A) + (0x30...0x39) + Array(last.utf8))
            let digits = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
            let values = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
            values.initialize(repeating: 64, count: 256)
            for (value, digit) in all.enumerated() {
                (digits + value).initialize(to: digit)
                values[Int(digit)] = UInt8(value)
            }
            self.digits = UnsafePointer(digits)
            self.values = UnsafePointer(values)
        }
    }

    /// The value of each of 256 bytes as a digit, 64 for one that is none.
    static func values(urlSafe isURLSafe: Bool) -> UnsafePointer<UInt8> {
        isURLSafe ? urlSafe.values : standard.values
    }

    package static func encode(_ bytes: [UInt8], urlSafe isURLSafe: Bool = false) -> Text {
        encode(bytes, after: nil, urlSafe: isURLSafe)
    }

    /// The digits of `bytes` after an ASCII `sigil`.
    static func encode(_ bytes: [UInt8], after sigil: UInt8?, urlSafe isURLSafe: Bool) -> Text {
        let digits = isURLSafe ? urlSafe.digits : standard.digits
        let start = sigil == nil ? 0 : 1
        let count = start + (bytes.count * 4 + 2) / 3
        let string = String(unsafeUninitializedCapacity: count) { buffer in
            if let sigil { buffer[0] = sigil }
            var (bits, width, at) = (UInt32(0), UInt32(0), start)
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                width += 8
                while width >= 6 {
                    width -= 6
                    buffer[at] = digits[Int(bits >> width & 63)]
                    at += 1
                }
            }
            if width > 0 { buffer[at] = digits[Int(bits << (6 - width) & 63)] }
            return count
        }
        return Text(string)
    }

    /// The bytes that `text` stands for, with or without padding ("decoders should tolerate it"), or nil where it is
    /// not base64 of the standard alphabet.
    ///
    /// Bits of the last digit that stand for nothing are passed over, as every other implementation does: the
    /// specification's own test seed has one set.
    package static func decode(_ text: Text) -> [UInt8]? { text.withBytes { decode($0) } }

    /// The same of the digits themselves.
    static func decode(_ digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let values = standard.values
        var count = digits.count
        if count % 4 == 0 {
            for _ in 0..<2 where count > 0 && digits[count - 1] == UInt8(ascii: "=") { count -= 1 }
        }
        guard count % 4 != 1 else { return nil }
        var seen: UInt8 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count * 3 / 4) { bytes, length in
            func bits(_ at: Int, _ count: Int) -> UInt32 {
                var bits: UInt32 = 0
                for i in at..<(at + count) {
                    let value = values[Int(digits[i])]
                    seen |= value
                    bits = bits << 6 | UInt32(value)
                }
                return bits << UInt32(24 - 6 * count)
            }
            for group in 0..<(count / 4) {
                let bits = bits(group * 4, 4)
                for i in 0..<3 { bytes[group * 3 + i] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * i)) }
            }
            length = count / 4 * 3
            let last = count % 4
            guard last > 0 else { return }
            let bits = bits(count - last, last)
            for i in 0..<(last - 1) { bytes[length + i] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * i)) }
            length += last - 1
        }
        return seen < 64 ? bytes : nil
    }

    /// The same in a time that says nothing of the bytes.
    package static func decodeSecret(_ text: Text) -> [UInt8]? {
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
