package import Matrix

extension Response {
    /// The response without the signature that `request` bore, which some servers repeat in what they say of it.
    package func withoutSignature(of request: Request) -> Response {
        guard let signature = request.signature else { return self }
        func clean(_ text: Text) -> Text { text.without(signature) }
        // What has it in another form is a short answer about it.
        let mayHave = body.count <= Self.longestEcho || body.contains(signature.bytes)
        let bytes = mayHave ? cut(body.bytes, signature.bytes) : nil
        return Response(
            status: status, reason: clean(reason),
            headers: headers.map { Header(name: $0.name, value: clean($0.value)) },
            body: bytes.map { Blob($0) } ?? body, exchange: exchange)
    }

    private static let longestEcho = 1 << 20
}

extension Text {
    /// The text with `[redacted]` wherever `secret` stood.
    package func without(_ secret: Text) -> Text { cut(bytes, secret.bytes).flatMap { Text(validating: $0) } ?? self }
}

extension Request {
    /// The signature that it bears; nil where it has none, or one too short to be looked for.
    package var signature: Text? {
        guard let header = headers.first(named: "Authorization"), let signature = XMatrix(parsing: header)?.signature,
            signature.count > 16
        else { return nil }
        return signature
    }
}

/// `bytes` with `[redacted]` wherever `secret` stood, also as JSON or a URL may write it; nil where it did not.
private func cut(_ bytes: [UInt8], _ secret: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var from = bytes.startIndex
    var at = from
    while at + secret.count <= bytes.count {
        guard let end = end(of: secret, in: bytes, at: at) else {
            at += 1
            continue
        }
        result += bytes[from..<at] + Array("[redacted]".utf8)
        at = end
        from = at
    }
    return from == bytes.startIndex ? nil : result + bytes[from...]
}

/// Where `secret` ends if it stands at `start`; nil where it does not.
private func end(of secret: [UInt8], in bytes: [UInt8], at start: Int) -> Int? {
    var at = start
    for byte in secret {
        guard let length = length(of: byte, in: bytes[at...]) else { return nil }
        at += length
    }
    return at
}

/// How many bytes of `bytes` stand for `byte` at its start: one for itself, more for `\/`, `\u002F` and `%2F`; nil where
/// none do.
private func length(of byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
    switch bytes.first {
    case byte: return 1
    case UInt8(ascii: "%"): return number(bytes.dropFirst().prefix(2)) == byte ? 3 : nil
    case UInt8(ascii: "\\"):
        guard bytes.dropFirst().first == UInt8(ascii: "u") else { return bytes.dropFirst().first == byte ? 2 : nil }
        let digits = bytes.dropFirst(2).prefix(4)
        return digits.starts(with: "00".utf8) && number(digits.dropFirst(2)) == byte ? 6 : nil
    default: return nil
    }
}

private func number(_ digits: ArraySlice<UInt8>) -> UInt8? {
    digits.count == 2 ? UInt8(String(decoding: digits, as: UTF8.self), radix: 16) : nil
}
