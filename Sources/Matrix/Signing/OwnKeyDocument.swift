/// The answer to `GET /_matrix/key/v2/server` under our own name (server-server API, "Publishing Keys").
package struct OwnKeyDocument: Sendable {
    package let object: JSON.Object

    /// The document of one key, signed by it.
    ///
    /// Times are milliseconds since 1970. Fails only where `validUntil` is out of the range of canonical JSON.
    package init(server: ServerName, key: SigningKey, validUntil: Int) throws(CanonicalJSON.Failure) {
        let document: JSON.Object = [
            "server_name": .string(server.text),
            "valid_until_ts": .integer(validUntil),
            "verify_keys": .object([key.id.text: ["key": .string(key.publicKey.base64)]]),
            "old_verify_keys": [:],
        ]
        let signature = key.signature(of: try CanonicalJSON(document))
        object = SignedJSON.adding(signature, of: server, key: key.id, to: document)
    }

    package var bytes: [UInt8] { JSON.object(object).compact }
}
