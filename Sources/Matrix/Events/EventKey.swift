/// An event's id as 32 bytes, which take no memory beside: the reference hash that ids are made of from room version 3
/// on, and the hash of the id's text in versions 1 and 2.
package struct EventKey: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Of 32 bytes.
    init(_ hash: [UInt8]) { words = hash.withUnsafeBytes(Self.words) }

    /// The hash of `bytes`.
    init(hashOf bytes: [UInt8]) { words = SHA256.withHash(of: bytes, Self.words) }

    private static func words(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64, UInt64) {
        func word(_ at: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        }
        return (word(0), word(8), word(16), word(24))
    }

    package init(_ id: EventID, _ version: RoomVersion) {
        if let key = id.hash(urlSafe: version.eventIDs == .urlSafeHash), !version.choosesEventIDs {
            self = key
        } else if !version.choosesEventIDs, let key = Self.hash(id.text, version) {
            self = key
        } else {
            self.init(text: id)
        }
    }

    /// Of the text of an id, of whatever version.
    init(text id: EventID) { self.init(hashOf: id.text.bytes) }

    /// The hash that `text`, a sigil and 43 digits of the version's alphabet, stands for; nil where it is none.
    private static func hash(_ text: Text, _ version: RoomVersion) -> EventKey? {
        guard text.count == 44 else { return nil }
        return text.withBytes { digits in
            guard digits[0] == UInt8(ascii: "$") else { return nil }
            return EventKey(
                digits: UnsafeBufferPointer(rebasing: digits[1...]), urlSafe: version.eventIDs == .urlSafeHash)
        }
    }

    /// Of 43 base64 digits; nil where they are none.
    init?(digits: UnsafeBufferPointer<UInt8>, urlSafe: Bool) {
        guard digits.count == 43 else { return nil }
        let values = Base64.values(urlSafe: urlSafe)
        var seen: UInt8 = 0
        /// The 64 bits after `bits` that are there already, `width` of them, of digits that hold six each.
        func word(_ bits: inout UInt64, _ width: inout UInt64, _ at: inout Int) -> UInt64 {
            while width <= 58 {
                let value = values[Int(digits[at])]
                seen |= value
                bits = bits << 6 | UInt64(value)
                width += 6
                at += 1
            }
            // Of the digit that is cut the first bits end this word, and the others begin the next.
            let value = UInt64(values[Int(digits[at])])
            seen |= UInt8(truncatingIfNeeded: value)
            at += 1
            let rest = 64 - width
            let word = bits << rest | value >> (6 - rest)
            (bits, width) = (value & (1 << (6 - rest) - 1), 6 - rest)
            return word
        }
        var (bits, width, at): (UInt64, UInt64, Int) = (0, 0, 0)
        let found = (
            word(&bits, &width, &at), word(&bits, &width, &at), word(&bits, &width, &at), word(&bits, &width, &at)
        )
        // An id with other last bits is the hash of nothing.
        guard seen < 64, bits == 0 else { return nil }
        words = found
    }

    /// The id that it is the hash of, in a version from 3 on.
    package func id(_ version: RoomVersion) -> EventID {
        EventID(hash: self, urlSafe: version.eventIDs == .urlSafeHash)
    }

    /// All 32 of them.
    var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
    }

    /// Its words, the first bytes first.
    package var all: (UInt64, UInt64, UInt64, UInt64) { words }

    /// Its first eight bytes.
    package var prefix: UInt64 { words.0 }

    package static func == (left: EventKey, right: EventKey) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2
            && left.words.3 == right.words.3
    }

    /// All of it: an id that is only named is whatever its author wants.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
