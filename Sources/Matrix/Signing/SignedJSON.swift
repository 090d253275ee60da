/// Signatures under an object's `signatures`, by server and key (appendices, "Signing JSON").
package enum SignedJSON {
    /// What is signed of `object`: all of it but `signatures` and `unsigned`.
    package static func signable(_ object: JSON.Object) -> JSON.Object {
        object.filter { $0 != "signatures" && $0 != "unsigned" }
    }

    /// `object` with one more signature under `server` and `key`.
    package static func adding(
        _ signature: [UInt8],
        of server: ServerName,
        key: KeyID,
        to object: JSON.Object
    ) -> JSON.Object {
        var signatures = object["signatures"]?.object ?? JSON.Object()
        var own = signatures[server.text]?.object ?? JSON.Object()
        own[key.text] = .string(Base64.encode(signature))
        signatures[server.text] = .object(own)
        var signed = object
        signed["signatures"] = .object(signatures)
        return signed
    }

    /// The ed25519 signatures of `server` on `object`, by key; one that is not base64 is empty, and so never valid.
    package static func signatures(of server: ServerName, on object: JSON.Object) -> [KeyID: [UInt8]] {
        var found: [KeyID: [UInt8]] = [:]
        for member in object["signatures"]?[server.text]?.object?.members ?? [] {
            guard let id = KeyID(member.key), id.isEd25519 else { continue }
            found[id] = member.value.text.flatMap(Base64.decode) ?? []
        }
        return found
    }

    /// The servers that `object` has signatures of.
    package static func signers(of object: JSON.Object) -> [Text] {
        object["signatures"]?.object?.members.map(\.key) ?? []
    }

    /// Whether `object` bears `server`'s signature by `key`; for key documents and requests, not for events.
    package static func isSigned(_ object: JSON.Object, by server: ServerName, _ id: KeyID, _ key: VerifyKey) -> Bool {
        guard let signature = signatures(of: server, on: object)[id],
            let canonical = try? CanonicalJSON(signable(object))
        else { return false }
        return key.verifies(signature, of: canonical.bytes)
    }

    /// Whether `object` bears `server`'s signature by one of `keys` that is current at `now`: of what was signed now.
    package static func isSigned(
        _ object: JSON.Object, by server: ServerName, _ keys: [KeyID: KnownKey], now: Int
    ) -> Bool {
        keys.contains { id, known in known.isCurrent(at: now) && isSigned(object, by: server, id, known.key) }
    }
}

extension SignedJSON {
    /// What the size of an event is measured over, and what a signature does not depend on left out.
    static func withoutUnsigned(_ object: JSON.Object) -> JSON.Object { object.filter { $0 != "unsigned" } }
}
