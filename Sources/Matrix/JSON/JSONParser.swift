/// Why bytes are not a JSON document that we use, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Offset in bytes from the start of the document.
    package let offset: Int
    package let problem: String
    package var description: String { "\(problem) at byte \(offset)" }

    /// The same of a document that begins at `start` of another one.
    package func from(_ start: Int) -> JSONError { JSONError(offset: start + offset, problem: problem) }
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
        try parser.read(bytes)
        self = parser.tape.value(0, bytes)
    }
}

/// Reads one document after the other into a tape.
package struct JSONParser {
    private let allowsDuplicateKeys: Bool
    var at = 0
    /// How much was read that no canonical form has: space, escapes, unsorted keys, numbers that may be written in
    /// another way.
    var oddities = 0
    package private(set) var tape = JSONTape()

    package init(allowsDuplicateKeys: Bool = false) { self.allowsDuplicateKeys = allowsDuplicateKeys }

    /// Reads a whole document, whose value is the tape's node 0 then.
    package mutating func read(_ bytes: Span<UInt8>) throws(JSONError) {
        at = 0
        oddities = 0
        tape.clear()
        guard bytes.count < Int32.max else { throw error("the document is too long") }
        try value(bytes, depth: 0)
        skipSpace(bytes)
        guard at == bytes.count else { throw error("there is more after the value") }
    }

    func error(_ problem: String) -> JSONError { JSONError(offset: at, problem: problem) }

    @inline(__always)
    mutating func skipSpace(_ s: Span<UInt8>) {
        while at < s.count, s[at] == 0x20 || s[at] == 0x0A || s[at] == 0x0D || s[at] == 0x09 {
            at += 1
            oddities += 1
        }
    }

    /// The byte at hand, or 0, which no token begins with, at the end.
    @inline(__always)
    func peek(_ s: Span<UInt8>) -> UInt8 { at < s.count ? s[at] : 0 }

    private mutating func value(_ s: Span<UInt8>, depth: Int) throws(JSONError) {
        skipSpace(s)
        switch peek(s) {
        case UInt8(ascii: "{"): try object(s, depth: depth + 1)
        case UInt8(ascii: "["): try array(s, depth: depth + 1)
        case UInt8(ascii: "\""): try string(s)
        case UInt8(ascii: "t"): try literal("true", .yes, s)
        case UInt8(ascii: "f"): try literal("false", .no, s)
        case UInt8(ascii: "n"): try literal("null", .null, s)
        case UInt8(ascii: "-"), 0x30...0x39: try number(s)
        default: throw error(at < s.count ? "no value begins so" : "a value is missing")
        }
    }

    private mutating func object(_ s: Span<UInt8>, depth: Int) throws(JSONError) {
        let node = try enter(.object, depth)
        let before = oddities
        guard !closes(UInt8(ascii: "}"), s) else {
            return tape.close(node, end: at, isCanonical: oddities == before)
        }
        var previous: Int?
        var ascends = true
        repeat {
            skipSpace(s)
            guard peek(s) == UInt8(ascii: "\"") else { throw error("a key is missing") }
            let key = tape.nodes.count
            try string(s)
            if ascends, let previous { ascends = tape.ascends(previous, key, s) }
            previous = key
            skipSpace(s)
            guard peek(s) == UInt8(ascii: ":") else { throw error("a colon is missing") }
            at += 1
            try value(s, depth: depth)
        } while try hasNext(before: UInt8(ascii: "}"), s)
        if !ascends { oddities += 1 }
        tape.close(node, end: at, isCanonical: oddities == before)
        guard ascends || tape.sortMembers(node, s) || allowsDuplicateKeys else {
            throw error("a key stands twice in the object that ends")
        }
    }

    private mutating func array(_ s: Span<UInt8>, depth: Int) throws(JSONError) {
        let node = try enter(.array, depth)
        let before = oddities
        if !closes(UInt8(ascii: "]"), s) {
            repeat { try value(s, depth: depth) } while try hasNext(before: UInt8(ascii: "]"), s)
        }
        tape.close(node, end: at, isCanonical: oddities == before)
    }

    private mutating func enter(_ kind: JSONTape.Kind, _ depth: Int) throws(JSONError) -> Int {
        guard depth <= JSON.maximumDepth else { throw error("values nest deeper than \(JSON.maximumDepth)") }
        let node = tape.nodes.count
        tape.add(kind, at..<at)
        at += 1
        return node
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

    private mutating func literal(
        _ text: StaticString, _ kind: JSONTape.Kind, _ s: Span<UInt8>
    ) throws(JSONError) {
        let count = text.utf8CodeUnitCount
        guard count <= s.count - at else { throw error("a value is cut off") }
        for i in 0..<count where s[at + i] != text.utf8Start[i] { throw error("no value begins so") }
        tape.add(kind, at..<(at + count))
        at += count
    }

    mutating func add(_ kind: JSONTape.Kind, _ range: Range<Int>) { tape.add(kind, range) }
}
