internal import Matrix

/// Writes JSON as servers send it: keys in any order, characters beyond ASCII as `\uXXXX` or as they are.
struct SentText {
    var bytes: [UInt8] = []
    var random: Random
    var isShuffled = false
    var isEscaped = false

    init(_ random: Random) { self.random = random }

    mutating func write(_ value: JSON) {
        switch value {
        case .object(let object): write(object)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for i in elements.indices {
                if i > 0 { bytes.append(UInt8(ascii: ",")) }
                write(elements[i])
            }
            bytes.append(UInt8(ascii: "]"))
        case .string(let text): write(text)
        default: bytes += value.compact
        }
    }

    private mutating func write(_ object: JSON.Object) {
        let members = isShuffled ? object.members.shuffled(using: &random) : object.members
        bytes.append(UInt8(ascii: "{"))
        for i in members.indices {
            if i > 0 { bytes.append(UInt8(ascii: ",")) }
            write(members[i].key)
            bytes.append(UInt8(ascii: ":"))
            write(members[i].value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: Text) {
        guard isEscaped, !text.utf8.allSatisfy({ $0 < 0x80 }) else {
            bytes += JSON.string(text).compact
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for unit in text.string.utf16 {
            if unit >= 0x80 || unit == 0x22 || unit == 0x5C || unit < 0x20 {
                let digits = String(unit, radix: 16)
                bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            } else {
                bytes.append(UInt8(unit))
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
