/// Finds where the members of a large object, and the elements of some of its lists, lie in a document that is still
/// arriving. A value's inside is only balanced, not read, and no byte of it is looked at twice.
package struct JSONScanner: Sendable {
    private enum Place {
        case start, answer, firstKey, key, colon, member, firstElement, element, afterElement, afterMember, afterObject,
            end
    }

    private let lists: [Text]
    /// Whether the document is `[200, {…}]`, as in version 1 of send_join.
    private let isPair: Bool
    private let most: Int
    var parser = JSONParser()
    private var place = Place.start
    private var key: Text = ""
    /// Which of `lists` is being passed.
    private var list: Int?
    private var seen: Set<Text> = []
    private var closed: Set<Int> = []

    /// Where the bytes at hand lie in the document; `parser.at` and `began` count from there.
    var base = 0
    /// Where a value began that is not whole yet, and how far into it the scan is.
    var began: Int?
    var depth = 0
    var isInString = false
    var isEscaped = false

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
        try checkEnd()
    }

    /// Throws unless what it was shown was the whole.
    package func checkEnd() throws(JSONError) {
        guard place == .end else { throw error("a value is cut off") }
    }

    package func has(_ key: Text) -> Bool { seen.contains(key) }

    /// Whether the end of the list of that number was passed.
    package func hasEnded(_ list: Int) -> Bool { closed.contains(list) }

    package func error(_ problem: String) -> JSONError { error(problem, parser.at) }

    func error(_ problem: String, _ at: Int) -> JSONError { JSONError(offset: base + at, problem: problem) }

    /// One token or value; false where the rest of it has not arrived.
    private mutating func step(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        switch place {
        case .start where isPair: return try pairHead(s)
        case .start, .answer: try take(UInt8(ascii: "{"), "an object is due", s, then: .firstKey)
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

    /// `[200,`, before the answer.
    private mutating func pairHead(_ s: Span<UInt8>) throws(JSONError) -> Bool {
        let start = parser.at
        guard s[start] == UInt8(ascii: "[") else { throw error("the pair of status and answer is missing") }
        parser.at += 1
        let isWhole = try passValue(s) != nil
        if isWhole { parser.skipSpace(s) }
        // It is looked at again where more arrives, so that it has to be short.
        guard parser.at - start < 100 else { throw error("the status before the answer is too long") }
        guard isWhole, parser.at < s.count else { return rewind(start) }
        try take(UInt8(ascii: ","), "the answer beside the status is missing", s, then: .answer)
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

extension Range<Int> {
    /// The range that this is in bytes which begin at `base` of the document.
    fileprivate func inDocument(_ base: Int) -> Range<Int> { lowerBound + base..<upperBound + base }
}
