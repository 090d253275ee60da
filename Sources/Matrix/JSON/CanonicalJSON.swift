/// The one form of a JSON value that is hashed and signed: a value of this type *is* canonical.
///
/// Keys sorted by bytes, no space, as little escaped as JSON allows, no exponents (appendices, "Canonical JSON").
package struct CanonicalJSON: Sendable, Hashable {
    package let bytes: [UInt8]

    /// How numbers are taken.
    package enum Numbers: Sendable {
        /// Integers in -(2^53-1)...2^53-1 in plain digits, and nothing else: events of room version 6 on.
        case strict
        /// The same values however they are written (`-0`, `1e10`, `1.0`): key documents and requests.
        case exact
        /// As Python's `json` reads and writes them: events of room versions 1 to 5, whose text was never restricted.
        case lenient
    }

    /// Why a value has no canonical form.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let number: Text
        package var description: String { "the number \(number) has no canonical form" }
    }

    package init(_ value: JSON, numbers: Numbers = .exact) throws(Failure) {
        var writer = JSONWriter(numbers: numbers)
        try writer.write(value)
        bytes = writer.bytes
    }

    package init(_ object: JSON.Object, numbers: Numbers = .exact) throws(Failure) {
        try self.init(.object(object), numbers: numbers)
    }
}

extension JSON {
    /// The value as compact JSON text with its numbers as they were written: for storing and showing, not for signing.
    package var compact: [UInt8] {
        var writer = JSONWriter(numbers: nil)
        // Without a rule for numbers nothing is refused.
        try? writer.write(self)
        return writer.bytes
    }
}

private struct JSONWriter {
    let numbers: CanonicalJSON.Numbers?
    var bytes: [UInt8] = []

    init(numbers: CanonicalJSON.Numbers?) { self.numbers = numbers }

    mutating func write(_ value: JSON) throws(CanonicalJSON.Failure) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer, .number: bytes += try number(value).utf8
        case .string(let text): quote(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for i in elements.indices {
                if i > 0 { bytes.append(UInt8(ascii: ",")) }
                try write(elements[i])
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for i in object.members.indices {
                if i > 0 { bytes.append(UInt8(ascii: ",")) }
                quote(object.members[i].key)
                bytes.append(UInt8(ascii: ":"))
                try write(object.members[i].value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private func number(_ value: JSON) throws(CanonicalJSON.Failure) -> String {
        guard let text = CanonicalNumber.text(of: value, numbers) else {
            throw CanonicalJSON.Failure(number: CanonicalNumber.written(value))
        }
        return text
    }

    private mutating func quote(_ text: Text) { CanonicalJSON.quote(text, into: &bytes) }
}

extension CanonicalJSON {
    /// Appends `text` as a JSON string, as little escaped as JSON allows. What needs no escape goes in whole runs.
    static func quote(_ text: Text, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        text.withBytes { source in
            var begin = 0
            for i in source.indices where source[i] < 0x20 || source[i] == 0x22 || source[i] == 0x5C {
                bytes.append(contentsOf: source[begin..<i])
                escape(source[i], into: &bytes)
                begin = i + 1
            }
            bytes.append(contentsOf: source[begin...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C: bytes += [0x5C, byte]
        case 0x08: bytes += #"\b"#.utf8
        case 0x09: bytes += #"\t"#.utf8
        case 0x0A: bytes += #"\n"#.utf8
        case 0x0C: bytes += #"\f"#.utf8
        case 0x0D: bytes += #"\r"#.utf8
        default: bytes += (#"\u00"# + (byte < 0x10 ? "0" : "1") + String(byte & 15, radix: 16)).utf8
        }
    }
}
