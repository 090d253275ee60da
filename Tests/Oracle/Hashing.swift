import Matrix

/// What hashing, redaction and the check of signatures make of an event.
enum Hashing {
    static func answer(_ request: JSON) throws -> JSON {
        let version = try request.version()
        guard let event = request["event"]?.object else { throw RequestError("no event") }
        var answer: JSON.Object = [
            "content_hash": .string(Base64.encode(try EventHashes.content(event, version))),
            "content_matches": .bool(EventHashes.contentMatches(event, version)),
            "reference_hash": .string(Base64.encode(try EventHashes.reference(event, version))),
            "redacted": .object(version.redaction.redact(event)),
            "signatures": try signatures(request["keys"]?.object ?? JSON.Object(), event, version),
        ]
        answer["event_id"] = try EventHashes.id(event, version).map { .string($0.text) }
        return .object(answer)
    }

    /// What becomes of each server's signatures by its keys.
    private static func signatures(_ keys: JSON.Object, _ event: JSON.Object, _ version: RoomVersion) throws -> JSON {
        var verdicts = JSON.Object()
        for server in keys.members {
            guard let name = ServerName(server.key) else { throw RequestError("no server name: \(server.key)") }
            var known: [KeyID: KnownKey] = [:]
            for key in server.value.object?.members ?? [] {
                guard let id = KeyID(key.key), let value = key.value.text.flatMap({ VerifyKey(base64: $0) }) else {
                    throw RequestError("no key: \(key.key)")
                }
                known[id] = KnownKey(key: value, validity: .until(.max))
            }
            let verdict = EventSignatures.check(event, version, of: name, now: 1 << 52, keys: known)
            verdicts[server.key] = .string(verdict == .valid ? "valid" : Text("\(verdict)"))
        }
        return .object(verdicts)
    }
}
