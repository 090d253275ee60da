package import Matrix

extension Response {
    /// The response without the signature that `request` bore, which some servers repeat in what they say of it.
    package func withoutSignature(of request: Request) -> Response {
        guard let signature = request.signature else { return self }
        func clean(_ text: Text) -> Text { text.without(signature) }
        let bytes = body.contains(signature.bytes) ? cut(body.bytes, signature.bytes) : nil
        return Response(
            status: status, reason: clean(reason),
            headers: headers.map { Header(name: $0.name, value: clean($0.value)) },
            body: bytes.map { Blob($0) } ?? body, exchange: exchange)
    }

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

/// `bytes` with `[redacted]` wherever `secret` stood; nil where it did not.
private func cut(_ bytes: [UInt8], _ secret: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var from = bytes.startIndex
    var at = from
    while at + secret.count <= bytes.count {
        guard bytes[at] == secret[0], bytes[at..<at + secret.count].elementsEqual(secret) else {
            at += 1
            continue
        }
        result += bytes[from..<at] + Array("[redacted]".utf8)
        at += secret.count
        from = at
    }
    return from == bytes.startIndex ? nil : result + bytes[from...]
}
