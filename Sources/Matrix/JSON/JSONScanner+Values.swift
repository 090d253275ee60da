internal import CBytes

// How a value is passed whose inside does not matter.
extension JSONScanner {
    /// Passes a value, or what has arrived of it; where it lies, or nil where it may go on.
    mutating func passValue(_ s: Span<UInt8>) throws(JSONError) -> Range<Int>? {
        if began == nil {
            parser.skipSpace(s)
            began = parser.at
        }
        // What is asked of each byte stands in variables of this function alone.
        var (at, depth, isInString) = (parser.at, depth, isInString)
        defer { (parser.at, self.depth, self.isInString) = (at, depth, isInString) }
        while at < s.count {
            if isEscaped {
                isEscaped = false
                at += 1
            } else if depth > 0, s.count - at >= 64 {
                if try passBlock(s, &at, &depth, &isInString) { return ended(at) }
            } else if isInString {
                isEscaped = s[at] == UInt8(ascii: "\\")
                isInString = s[at] != UInt8(ascii: "\"")
                at += 1
                if !isInString, depth == 0 { return ended(at) }
            } else if let range = try passPlain(s, &at, &depth, &isInString) {
                return range
            }
        }
        return nil
    }

    /// Goes on by one byte that is not within a string; where the value lies if it ends there.
    @inline(__always)
    private mutating func passPlain(
        _ s: Span<UInt8>, _ at: inout Int, _ depth: inout Int, _ isInString: inout Bool
    ) throws(JSONError) -> Range<Int>? {
        switch s[at] {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            guard depth <= JSON.maximumDepth else { throw tooDeep(at) }
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
        return nil
    }

    private func tooDeep(_ at: Int) -> JSONError { error("values nest deeper than \(JSON.maximumDepth)", at) }

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
                guard depth <= JSON.maximumDepth else { throw tooDeep(at + bracket) }
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
