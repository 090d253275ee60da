/// Finds where values begin and end in a large document, without reading them: a value's inside is only balanced.
package struct JSONCutter {
    private var parser = JSONParser()

    package init() {}

    package func error(_ problem: String) -> JSONError { parser.error(problem) }

    /// Passes an object, and calls `member` at the value of each of its keys, which must pass that value.
    package mutating func object(
        _ bytes: Span<UInt8>, _ member: (inout JSONCutter, Text) throws(JSONError) -> Void
    ) throws(JSONError) {
        try take(UInt8(ascii: "{"), "an object is due", bytes)
        if isAt(UInt8(ascii: "}"), bytes) { return try take(UInt8(ascii: "}"), "", bytes) }
        while true {
            guard isAt(UInt8(ascii: "\""), bytes) else { throw error("a key is missing") }
            let node = parser.tape.nodes.count
            try parser.string(bytes)
            let key = parser.tape.text(node, bytes)
            try take(UInt8(ascii: ":"), "a colon is missing", bytes)
            try member(&self, key)
            if isAt(UInt8(ascii: "}"), bytes) { return try take(UInt8(ascii: "}"), "", bytes) }
            try take(UInt8(ascii: ","), "a comma is missing", bytes)
        }
    }

    /// Passes an array of at most `most` elements; where each lies.
    package mutating func elements(_ bytes: Span<UInt8>, most: Int) throws(JSONError) -> [Range<Int>] {
        var found: [Range<Int>] = []
        try take(UInt8(ascii: "["), "a list is due", bytes)
        if isAt(UInt8(ascii: "]"), bytes) {
            try take(UInt8(ascii: "]"), "", bytes)
            return found
        }
        while true {
            found.append(try value(bytes))
            guard found.count <= most else { throw error("there are more than \(most) events") }
            if isAt(UInt8(ascii: "]"), bytes) {
                try take(UInt8(ascii: "]"), "", bytes)
                return found
            }
            try take(UInt8(ascii: ","), "a comma is missing", bytes)
        }
    }

    /// Passes a value; where it lies.
    package mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        parser.skipSpace(bytes)
        let start = parser.at
        var depth = 0
        repeat {
            guard parser.at < bytes.count else { throw error("a value is cut off") }
            switch bytes[parser.at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= JSON.maximumDepth else { throw error("values nest deeper than \(JSON.maximumDepth)") }
                parser.at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw error("a value is missing") }
                parser.at += 1
            case UInt8(ascii: "\""): try passString(bytes)
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw error("a value is missing") }
                parser.at += 1
            default: passScalar(bytes)
            }
        } while depth > 0
        return start..<parser.at
    }

    /// `[200,` of an answer of version 1.
    package mutating func enterPair(_ bytes: Span<UInt8>) throws(JSONError) {
        try take(UInt8(ascii: "["), "the pair of status and answer is missing", bytes)
        _ = try value(bytes)
        try take(UInt8(ascii: ","), "the answer beside the status is missing", bytes)
    }

    package mutating func leavePair(_ bytes: Span<UInt8>) throws(JSONError) {
        try take(UInt8(ascii: "]"), "the pair of status and answer does not end", bytes)
    }

    package mutating func end(_ bytes: Span<UInt8>) throws(JSONError) {
        parser.skipSpace(bytes)
        guard parser.at == bytes.count else { throw error("there is more after the value") }
    }

    private mutating func isAt(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        parser.skipSpace(bytes)
        return parser.peek(bytes) == byte
    }

    private mutating func take(_ byte: UInt8, _ problem: String, _ bytes: Span<UInt8>) throws(JSONError) {
        guard isAt(byte, bytes) else { throw error(problem) }
        parser.at += 1
    }

    private mutating func passString(_ bytes: Span<UInt8>) throws(JSONError) {
        parser.at += 1
        while parser.at < bytes.count {
            switch bytes[parser.at] {
            case UInt8(ascii: "\""):
                parser.at += 1
                return
            case UInt8(ascii: "\\"): parser.at += 2
            default: parser.at += 1
            }
        }
        throw error("a string does not end")
    }

    /// Passes white space, or a number or word to its end.
    private mutating func passScalar(_ bytes: Span<UInt8>) {
        repeat { parser.at += 1 } while parser.at < bytes.count && !",:]}[{\" \t\r\n".utf8.contains(bytes[parser.at])
    }
}
