internal import CBytes

/// Finds where the members of a large object, and the elements of some of its lists, lie in a document that is still
/// arriving. A value's inside is only balanced, not read; no byte is looked at twice.
package struct JSONScanner: Sendable {
    private enum Place {
        case start, firstKey, key, colon, member, firstElement, element, afterElement, afterMember, afterObject, end
    }

    private let lists: [Text]
    /// Whether the document is `[200, {…}]`, as in version 1 of send_join.
    private let isPair: Bool
    private let most: Int
    private var parser = JSONParser()
    private var place = Place.start
    private var key: Text = ""
    /// Which of `lists` is being passed.
    private var list: Int?
    private var seen: Set<Text> = []
    private var closed: Set<Int> = []

    /// Where the bytes at hand lie in the document; `parser.at` and `began` count from there.
    private var base = 0
    /// Where a value began that is not whole yet, and how far into it the scan is.
    private var began: Int?
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// Where the elements of each of the lists lie, in the order of the document.
    package private(set) var elements: [[Range<Int>]]
    /// How many they are.
    package private(set) var count = 0
    /// Where the values of the other members lie.
    package private(set) var members: [Text: Range<Int>] = [:]

    private static let mostKeys = 100
    private static let longestKey = 1 << 16

    /// `lists` are the members whose elements are wanted, `most` of them all together.
    package init(lists: [Text], isPair: Bool, most: Int) {
        self.lists = lists
        self.isPair = isPair
        self.most = most
        elements = lists.map { _ in [] }
    }

    /// Where the bytes begin that it has to be shown again, when more have arrived: not before what it has gone past.
    package var needed: Int {
        let isInKey = place == .key || place == .firstKey
        return base + (isInKey ? began ?? parser.at : parser.at)
    }

    /// Goes on to the end of `s`, which is what has arrived of the document from byte `start` on: `needed` at most.
    package mutating func advance(_ s: Span<UInt8>, from start: Int = 0) throws(JSONError) {
        parser.at += base - start
        began = began.map { $0 + base - start }
        base = start
        while true {
            if began == nil { parser.skipSpace(s) }
            guard parser.at < s.count else { return }
            guard try step(s) else { return }
        }
    }

    /// Says that the document has arrived whole, and goes to its end.
    package mutating func finish(_ s: Span<UInt8>, from start: Int = 0) throws(JSONError) {
        try advance(s, from: start)
        guard place == .end else { throw error("a value is cut off") }
    }

    package func has(_ key: Text) -> Bool { seen.contains(key) }

    /// Whether the end of the list of that number was passed.
    package func hasEnded(_ list: Int) -> Bool { closed.contains(list) }

    package func error(_ problem: String) -> JSONError { error(problem, parser.at) }

    private func error(_ problem: String, _ at: Int) -> JSONError { JSONError(offset: base + at, problem: problem) }

    /// One token or value; false where the rest of it has not arrived.
    private mutating func step(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        switch place {
        case .start:
            if isPair { return try pairHead(s) }
            try take(UInt8(ascii: "{"), "an object is due", s, then: .firstKey)
        // A bracket within a value that has begun is its own.
        case .firstKey:
            if began == nil, s[parser.at] == UInt8(ascii: "}") { return closeObject() }
            return try readKey(s)
        case .key: return try readKey(s)
        case .colon:
            try take(UInt8(ascii: ":"), "a colon is missing", s, then: .member)
            list = lists.firstIndex { $0 == key }
        case .member: return try readMember(s)
        case .firstElement where began == nil && s[parser.at] == UInt8(ascii: "]"): closeList()
        case .firstElement, .element: return try readElement(s)
        case .afterElement:
            if s[parser.at] == UInt8(ascii: "]") { closeList() } else { try take(",", s, then: .element) }
        case .afterMember:
            if s[parser.at] == UInt8(ascii: "}") { return closeObject() }
            try take(",", s, then: .key)
        case .afterObject: try take(UInt8(ascii: "]"), "the pair of status and answer does not end", s, then: .end)
        case .end: throw error("there is more after the value")
        }
        return true
    }

    /// `[200,` and the brace of the answer.
    private mutating func pairHead(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        let start = parser.at
        guard s[start] == UInt8(ascii: "[") else { throw error("the pair of status and answer is missing") }
        parser.at += 1
        let isWhole = try passValue(s) != nil
        if isWhole { parser.skipSpace(s) }
        // It is looked at again where more arrives, so that it has to be short.
        guard parser.at - start < 100 else { throw error("the status before the answer is too long") }
        guard isWhole, parser.at < s.count else { return rewind(start) }
        try take(UInt8(ascii: ","), "the answer beside the status is missing", s, then: .start)
        parser.skipSpace(s)
        guard parser.at < s.count else { return rewind(start) }
        try take(UInt8(ascii: "{"), "an object is due", s, then: .firstKey)
        return true
    }

    private mutating func rewind(_ start: Int) -> Bool {
        (parser.at, began, depth, isInString, isEscaped, place) = (start, nil, 0, false, false, .start)
        return false
    }

    private mutating func readKey(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        guard began != nil || s[parser.at] == UInt8(ascii: "\"") else { throw error("a key is missing") }
        let range = try passValue(s)
        // It is looked at again, too.
        guard parser.at - (began ?? range?.lowerBound ?? 0) <= Self.longestKey else { throw error("a key is too long") }
        guard let range else { return false }
        var reader = JSONParser()
        do { try reader.read(s.extracting(range)) } catch { throw self.error(error.problem) }
        key = reader.tape.text(0, s.extracting(range))
        guard seen.insert(key).inserted else { throw error("the key \(Quoting.quoted(key)) stands twice") }
        guard seen.count <= Self.mostKeys else { throw error("there are more than \(Self.mostKeys) keys") }
        place = .colon
        return true
    }

    private mutating func readMember(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        if list != nil {
            try take(UInt8(ascii: "["), "a list is due", s, then: .firstElement)
            return true
        }
        guard let range = try passValue(s) else { return false }
        members[key] = range.inDocument(base)
        place = .afterMember
        return true
    }

    private mutating func readElement(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        guard let range = try passValue(s) else { return false }
        if let list { elements[list].append(range.inDocument(base)) }
        count += 1
        guard count <= most else { throw error("there are more than \(most) elements") }
        place = .afterElement
        return true
    }

    private mutating func closeList() {
        parser.at += 1
        if let list { closed.insert(list) }
        list = nil
        place = .afterMember
    }

    private mutating func closeObject() -> Bool {
        parser.at += 1
        place = isPair ? .afterObject : .end
        return true
    }

    private mutating func take(
        _ byte: UInt8, _ problem: String, _ s: Span<UInt8>, then next: Place
    ) throws(JSONError) {
        guard s[parser.at] == byte else { throw error(problem) }
        parser.at += 1
        place = next
    }

    private mutating func take(_ comma: Unicode.Scalar, _ s: Span<UInt8>, then next: Place) throws(JSONError) {
        try take(UInt8(ascii: comma), "a comma is missing", s, then: next)
    }
}

extension JSONScanner {
    /// Passes a value, or what has arrived of it; where it lies, or nil where it may go on.
    private mutating func passValue(_ s: Span<UInt8>) throws(JSONError) -> Range<Int>? {
        if began == nil {
            parser.skipSpace(s)
            began = parser.at
        }
        // What is asked of each byte stands in variables of this function alone.
        var (at, depth, isInString) = (parser.at, depth, isInString)
        defer { (parser.at, self.depth, self.isInString) = (at, depth, isInString) }
        while at < s.count {
            if depth > 0, !isEscaped, s.count - at >= 64 {
                if try passBlock(s, &at, &depth, &isInString) { return ended(at) }
                continue
            }
            if isInString {
                passString(s, &at, &isInString)
                if !isInString, depth == 0 { return ended(at) }
                continue
            }
            switch s[at] {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= JSON.maximumDepth else {
                    throw error("values nest deeper than \(JSON.maximumDepth)", at)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return try scalarEnded(at) }
                depth -= 1
                if depth == 0 {
                    at += 1
                    return ended(at)
                }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return try scalarEnded(at) }
            default: break
            }
            at += 1
        }
        return nil
    }

    /// Goes on by 64 bytes, or to the first backslash among them and past it; whether the value ends there, which an
    /// object or an array does at its last bracket.
    @inline(__always)
    private mutating func passBlock(
        _ s: Span<UInt8>, _ at: inout Int, _ depth: inout Int, _ isInString: inout Bool
    ) throws(JSONError) -> Bool {
        let marks = s.extracting(at..<at + 64).withUnsafeBufferPointer { cbytes_marks($0.baseAddress) }
        let plain = marks.backslashes.trailingZeroBitCount
        let inStrings = Bytes.between(marks.quotes) ^ (isInString ? ~0 : 0)
        var brackets = (marks.opens | marks.closes) & ~inStrings & (plain == 64 ? ~0 : 1 << UInt64(plain) - 1)
        while brackets != 0 {
            let bracket = brackets.trailingZeroBitCount
            if marks.opens >> UInt64(bracket) & 1 == 1 {
                depth += 1
                guard depth <= JSON.maximumDepth else {
                    throw error("values nest deeper than \(JSON.maximumDepth)", at + bracket)
                }
            } else {
                depth -= 1
                if depth == 0 {
                    at += bracket + 1
                    isInString = false
                    return true
                }
            }
            brackets &= brackets &- 1
        }
        if plain > 0 { isInString = inStrings >> UInt64(plain - 1) & 1 == 1 }
        at += plain
        if plain < 64 {
            at += 1
            isEscaped = isInString
        }
        return false
    }

    /// Goes to the end of a string, or of what has arrived of it.
    @inline(__always)
    private mutating func passString(_ s: Span<UInt8>, _ at: inout Int, _ isInString: inout Bool) {
        while at < s.count {
            if !isEscaped, at + 8 <= s.count {
                let plain = Bytes.untilQuote(Bytes.word(s, at))
                at += plain
                if plain == 8 { continue }
            }
            let byte = s[at]
            at += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                return
            }
        }
    }

    private mutating func scalarEnded(_ at: Int) throws(JSONError) -> Range<Int> {
        guard let began, at > began else { throw error("a value is missing", at) }
        return ended(at)
    }

    private mutating func ended(_ at: Int) -> Range<Int> {
        let range = (began ?? at)..<at
        began = nil
        return range
    }
}

extension Range<Int> {
    /// The range that this is in bytes which begin at `base` of the document.
    fileprivate func inDocument(_ base: Int) -> Range<Int> { lowerBound + base..<upperBound + base }
}
