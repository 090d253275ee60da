/// The text of a signing key file as Dendrite writes it: one PEM block with the key's id as a header.
///
///     -----BEGIN MATRIX PRIVATE KEY-----
///     Key-ID: ed25519:a_Qx7f
///
///     (the seed of 32 bytes in base64)
///     -----END MATRIX PRIVATE KEY-----
enum PEMKeyFile {
    private static let begin: Text = "-----BEGIN MATRIX PRIVATE KEY-----"
    private static let end: Text = "-----END MATRIX PRIVATE KEY-----"
    private static let idHeader = "key-id"

    /// Whether a key file is to be read as PEM: its first line that is not blank begins a block.
    static func isPEM(_ text: Text) -> Bool { lines(text).first?.hasPrefix("-----BEGIN ") ?? false }

    static func parse(_ text: Text) throws(KeyFile.Failure) -> SigningKey {
        let lines = lines(text)
        guard lines.first == begin else { throw failure("its PEM block is not of the type MATRIX PRIVATE KEY") }
        guard let close = lines.firstIndex(of: end) else { throw failure("its PEM block has no end") }
        guard close == lines.count - 1 else { throw failure("something stands behind its PEM block") }
        let inner = lines[1..<close]
        let headers = inner.prefix { $0.utf8.contains(UInt8(ascii: ":")) }
        let id = try id(headers)
        guard let key = SigningKey(id: id, seed: try seed(inner.dropFirst(headers.count))) else {
            throw failure("its key is not of ed25519")
        }
        return key
    }

    /// Lines without the blanks around them; blank ones are left out.
    private static func lines(_ text: Text) -> [Text] {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        return text.utf8.split { $0 == 0x0A || $0 == 0x0D }.compactMap { line in
            let trimmed = line.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
            return trimmed.isEmpty ? nil : Text(String(decoding: Array(trimmed), as: UTF8.self))
        }
    }

    /// The id of the one `Key-ID` header; other headers mean nothing here, but that the block is encrypted.
    private static func id(_ headers: ArraySlice<Text>) throws(KeyFile.Failure) -> KeyID {
        let pairs = headers.compactMap { $0.split(at: ":") }.map { ($0.before.string.lowercased(), trimmed($0.after)) }
        guard !pairs.contains(where: { $0.0 == "proc-type" || $0.0 == "dek-info" }) else {
            throw failure("its PEM block is encrypted")
        }
        let ids = pairs.filter { $0.0 == idHeader }.map(\.1)
        guard let text = ids.first, ids.count == 1 else {
            throw failure("its PEM block has \(ids.count) Key-ID headers where one is due")
        }
        guard let id = KeyID(text), id.isEd25519 else {
            throw failure("its Key-ID is not \"ed25519:\" with letters, digits and _ behind it")
        }
        return id
    }

    /// 32 bytes; of the 64 that a private key is elsewhere, the first 32, as Dendrite reads them.
    private static func seed(_ lines: ArraySlice<Text>) throws(KeyFile.Failure) -> [UInt8] {
        let body = Text(lines.map(\.string).joined())
        guard let bytes = Base64.decodeSecret(body), [32, 64].contains(bytes.count) else {
            throw failure("its PEM block is not 32 bytes in base64")
        }
        return Array(bytes.prefix(32))
    }

    private static func trimmed(_ text: Text) -> Text { Text(String(text.string.drop { $0 == " " || $0 == "\t" })) }

    private static func failure(_ description: String) -> KeyFile.Failure { KeyFile.Failure(description: description) }
}
