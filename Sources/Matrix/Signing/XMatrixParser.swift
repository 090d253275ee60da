extension XMatrix {
    /// Reads a header's value by RFC 9110 section 11.2: parameters in any order, tokens or quoted strings, white space
    /// and empty elements at commas. Nil where it is no X-Matrix header, lacks a part or has one twice.
    package init?(parsing value: Text) {
        guard let (scheme, rest) = value.split(at: " "), scheme.string.lowercased() == "x-matrix",
            let parameters = XMatrixParser.parameters(rest.bytes),
            let origin = parameters["origin"], let key = parameters["key"], let signature = parameters["sig"]
        else { return nil }
        self.init(origin: origin, destination: parameters["destination"], key: key, signature: signature)
    }
}

private struct XMatrixParser {
    var rest: ArraySlice<UInt8>

    static func parameters(_ bytes: [UInt8]) -> [Text: Text]? {
        guard bytes.count <= 4096 else { return nil }
        var parser = XMatrixParser(rest: bytes[...])
        var found: [Text: Text] = [:]
        while true {
            parser.skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            if parser.rest.isEmpty { return found }
            guard let (name, value) = parser.parameter(), found.updateValue(value, forKey: name) == nil else {
                return nil
            }
        }
    }

    private mutating func parameter() -> (Text, Text)? {
        guard let name = take(while: Self.isToken), !name.isEmpty else { return nil }
        skip(isSpace)
        guard rest.popFirst() == UInt8(ascii: "=") else { return nil }
        skip(isSpace)
        guard let value = rest.first == UInt8(ascii: "\"") ? quoted() : unquoted() else { return nil }
        skip(isSpace)
        guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
        return (Text(name.string.lowercased()), value)
    }

    /// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
    private mutating func quoted() -> Text? {
        rest = rest.dropFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return Text(validating: bytes)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                bytes.append(escaped)
            default: bytes.append(byte)
            }
        }
        return nil
    }

    /// A token; old senders also leave out the quotes where the colon of a key or a port, or base64, would want them.
    private mutating func unquoted() -> Text? {
        take { Self.isToken($0) || ":/=[]".utf8.contains($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> Text? {
        let part = rest.prefix(while: isPart)
        rest = rest.dropFirst(part.count)
        return Text(validating: part)
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// tchar of RFC 9110 section 5.6.2
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
