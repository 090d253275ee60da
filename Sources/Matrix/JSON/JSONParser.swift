/// Why bytes are not a JSON document that we use, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Offset in bytes from the start of the document.
    package let offset: Int
    package let problem: String
    package var description: String { "\(problem) at byte \(offset)" }
}

extension JSON {
    /// How deep arrays and objects may nest.
    package static let maximumDepth = 128

    /// Reads a whole document: RFC 8259 exactly, in valid UTF-8, without lone surrogates or a byte order mark.
    ///
    /// With `allowsDuplicateKeys` the last of two equal keys counts, as the grammar allows; every document that is
    /// used is read without, so that no two readers of it can see different values.
    package init(parsing bytes: [UInt8], allowsDuplicateKeys: Bool = false) throws(JSONError) {
        self = try JSON(parsing: bytes.span, allowsDuplicateKeys: allowsDuplicateKeys)
    }

    package init(parsing bytes: Span<UInt8>, allowsDuplicateKeys: Bool = false) throws(JSONError) {
        var parser = JSONParser(allowsDuplicateKeys: allowsDuplicateKeys)
        let value = try parser.value(bytes, depth: 0)
        parser.skipSpace(bytes)
        guard parser.at == bytes.count else { throw parser.error("there is more after the value") }
        self = value
    }
}

struct JSONParser {
    let allowsDuplicateKeys: Bool
    var at = 0

    init(allowsDuplicateKeys: Bool) { self.allowsDuplicateKeys = allowsDuplicateKeys }

    func error(_ problem: String) -> JSONError { JSONError(offset: at, problem: problem) }

    @inline(__always)
    mutating func skipSpace(_ s: Span<UInt8>) {
        while at < s.count, s[at] == 0x20 || s[at] == 0x0A || s[at] == 0x0D || s[at] == 0x09 { at += 1 }
    }

    /// The byte at hand, or 0, which no token begins with, at the end.
    @inline(__always)
    func peek(_ s: Span<UInt8>) -> UInt8 { at < s.count ? s[at] : 0 }

    mutating func value(_ s: Span<UInt8>, depth: Int) throws(JSONError) -> JSON {
        skipSpace(s)
        switch peek(s) {
        case UInt8(ascii: "{"): return .object(try object(s, depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(s, depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string(s))
        case UInt8(ascii: "t"):
            try literal("true", s)
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false", s)
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null", s)
            return .null
        case UInt8(ascii: "-"), 0x30...0x39: return try number(s)
        default: throw error(at < s.count ? "no value begins so" : "a value is missing")
        }
    }

    private mutating func object(_ s: Span<UInt8>, depth: Int) throws(JSONError) -> JSON.Object {
        try enter(depth)
        var members: [JSON.Member] = []
        if closes(UInt8(ascii: "}"), s) { return JSON.Object() }
        repeat {
            skipSpace(s)
            guard peek(s) == UInt8(ascii: "\"") else { throw error("a key is missing") }
            let key = try string(s)
            skipSpace(s)
            guard peek(s) == UInt8(ascii: ":") else { throw error("a colon is missing") }
            at += 1
            members.append(JSON.Member(key: key, value: try value(s, depth: depth)))
        } while try hasNext(before: UInt8(ascii: "}"), s)
        if let object = JSON.Object(members) { return object }
        guard allowsDuplicateKeys else { throw error("a key stands twice in the object that ends") }
        var object = JSON.Object()
        for member in members { object[member.key] = member.value }
        return object
    }

    private mutating func array(_ s: Span<UInt8>, depth: Int) throws(JSONError) -> [JSON] {
        try enter(depth)
        var elements: [JSON] = []
        if closes(UInt8(ascii: "]"), s) { return [] }
        repeat { elements.append(try value(s, depth: depth)) } while try hasNext(before: UInt8(ascii: "]"), s)
        return elements
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= JSON.maximumDepth else { throw error("values nest deeper than \(JSON.maximumDepth)") }
        at += 1
    }

    private mutating func closes(_ end: UInt8, _ s: Span<UInt8>) -> Bool {
        skipSpace(s)
        guard peek(s) == end else { return false }
        at += 1
        return true
    }

    private mutating func hasNext(before end: UInt8, _ s: Span<UInt8>) throws(JSONError) -> Bool {
        if closes(end, s) { return false }
        guard peek(s) == UInt8(ascii: ",") else { throw error("a comma or the end of a value is missing") }
        at += 1
        return true
    }

    private mutating func literal(_ text: StaticString, _ s: Span<UInt8>) throws(JSONError) {
        let count = text.utf8CodeUnitCount
        guard count <= s.count - at else { throw error("a value is cut off") }
        for i in 0..<count where s[at + i] != text.utf8Start[i] { throw error("no value begins so") }
        at += count
    }
}
