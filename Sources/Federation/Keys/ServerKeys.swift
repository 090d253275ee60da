package import Matrix

/// A `/key/v2/server` answer, checked against itself (server-server API, "Publishing Keys").
package struct ServerKeys: Sendable {
    package let server: ServerName
    package let keys: [KeyID: KnownKey]
    package let validUntil: Int
    package let document: JSON.Object

    /// Why a document's keys are not used.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// What is taken of one document at most.
    private static let mostKeys = 100

    /// Reads the document of `server`: its `server_name` must be that one, and at least one of its current keys must
    /// have signed it; a signature by a current key that does not verify spoils it.
    package init(_ value: JSON, of server: ServerName) throws(Failure) {
        guard let document = value.object else { throw Failure(description: "it is not a JSON object") }
        guard let name = document["server_name"]?.text else { throw Failure(description: "it has no server_name") }
        guard name == server.text else { throw Failure(description: "it is the document of \(Quoting.quoted(name))") }
        guard let validUntil = document["valid_until_ts"]?.integer else {
            throw Failure(description: "it has no valid_until_ts")
        }
        let current = try Self.currentKeys(document, validUntil)
        try Self.checkSignatures(document, server, current)
        self.server = server
        self.validUntil = validUntil
        self.document = document
        keys = try Self.oldKeys(document).merging(current) { _, current in current }
    }

    private static func currentKeys(_ document: JSON.Object, _ validUntil: Int) throws(Failure) -> [KeyID: KnownKey] {
        guard let members = document["verify_keys"]?.object?.members, !members.isEmpty else {
            throw Failure(description: "it has no verify_keys")
        }
        return try keys(in: members) { _ in .until(validUntil) }
    }

    private static func oldKeys(_ document: JSON.Object) throws(Failure) -> [KeyID: KnownKey] {
        try keys(in: document["old_verify_keys"]?.object?.members ?? []) { value in
            value["expired_ts"]?.integer.map { .expired($0) }
        }
    }

    /// Keys of other algorithms than ed25519, and old ones that do not say when they expired, are passed over.
    private static func keys(
        in members: [JSON.Member], _ validity: (JSON) -> KnownKey.Validity?
    ) throws(Failure) -> [KeyID: KnownKey] {
        guard members.count <= mostKeys else { throw Failure(description: "it has more than \(mostKeys) keys") }
        var keys: [KeyID: KnownKey] = [:]
        for member in members {
            guard let id = KeyID(member.key), id.isEd25519, let validity = validity(member.value) else { continue }
            guard let key = member.value["key"]?.text.flatMap({ VerifyKey(base64: $0) }) else {
                throw Failure(description: "its key \(id) is not 32 bytes in base64")
            }
            keys[id] = KnownKey(key: key, validity: validity)
        }
        return keys
    }

    private static func checkSignatures(
        _ document: JSON.Object, _ server: ServerName, _ current: [KeyID: KnownKey]
    ) throws(Failure) {
        let signers = SignedJSON.signatures(of: server, on: document).keys.filter { current[$0] != nil }.sorted()
        guard !signers.isEmpty else { throw Failure(description: "none of its own keys has signed it") }
        for id in signers {
            guard let known = current[id], SignedJSON.isSigned(document, by: server, id, known.key) else {
                throw Failure(description: "its signature by \(id) does not verify")
            }
        }
    }
}
