/// An event's id as 32 bytes, which take no memory beside: the reference hash that ids are made of from room version 3
/// on, and the hash of the id's text in versions 1 and 2.
package struct EventKey: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Of 32 bytes.
    init(_ hash: [UInt8]) {
        func word(_ at: Int) -> UInt64 { hash[at..<(at + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(8), word(16), word(24))
    }

    package init(_ id: EventID, _ version: RoomVersion) {
        if !version.choosesEventIDs, let key = Self.hash(id.text, version) {
            self = key
        } else {
            self.init(text: id)
        }
    }

    /// Of the text of an id, of whatever version.
    init(text id: EventID) { self.init(SHA256.hash(id.text.bytes)) }

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
        var all: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var isRight = true
        // 258 bits, of which the last two stand for nothing: 42 digits are 252, and the last one has 4 more.
        values.withUnsafeBufferPointer { values in
            for i in 0..<43 {
                let value = values[Int(digits[i])]
                if value > 63 { isRight = false }
                let bits = i < 42 ? UInt64(value) : UInt64(value) >> 2
                let width: UInt64 = i < 42 ? 6 : 4
                let carry = (all.1 >> (64 - width), all.2 >> (64 - width), all.3 >> (64 - width))
                all = (
                    all.0 << width | carry.0, all.1 << width | carry.1, all.2 << width | carry.2, all.3 << width | bits
                )
            }
        }
        // An id with other last bits is the hash of nothing.
        guard isRight, values[Int(digits[42])] & 3 == 0 else { return nil }
        words = all
    }

    /// The id that it is the hash of, in a version from 3 on.
    package func id(_ version: RoomVersion) -> EventID {
        let bytes = [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
        return EventID(hash: bytes, urlSafe: version.eventIDs == .urlSafeHash)
    }

    /// Its first eight bytes.
    package var prefix: UInt64 { words.0 }

    package static func == (left: EventKey, right: EventKey) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2
            && left.words.3 == right.words.3
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
