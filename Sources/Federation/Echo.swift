internal import Matrix

extension Response {
    /// How much of a body is searched: an echo stands in an error's words.
    private static let searched = 65_536

    /// The response without the signature that `request` bore, which some servers repeat in what they say of it.
    package func withoutSignature(of request: Request) -> Response {
        guard let header = request.headers.first(named: "Authorization"),
            let signature = XMatrix(parsing: header)?.signature, signature.count > 16
        else { return self }
        func clean(_ text: Text) -> Text {
            Self.cut(text.bytes, signature.bytes).flatMap { Text(validating: $0) } ?? text
        }
        let bytes = body.count <= Self.searched ? Self.cut(Array(body.bytes), signature.bytes) : nil
        return Response(
            status: status, reason: clean(reason),
            headers: headers.map { Header(name: $0.name, value: clean($0.value)) },
            body: bytes.map { Blob($0) } ?? body, exchange: exchange)
    }

    /// `bytes` with `[redacted]` wherever `secret` stood; nil where it did not.
    private static func cut(_ bytes: [UInt8], _ secret: [UInt8]) -> [UInt8]? {
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
}
