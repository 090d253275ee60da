/// The two hashes of an event, and the id that one of them makes (server-server API, "Signing Events").
package enum EventHashes {
    /// SHA-256 over the event without `unsigned`, `signatures` and `hashes` ("Calculating the content hash").
    package static func content(_ event: JSON.Object, _ version: RoomVersion) throws(CanonicalJSON.Failure) -> [UInt8] {
        SHA256.hash(try hashable(event, version).bytes)
    }

    /// What is hashed for the content hash.
    package static func hashable(
        _ event: JSON.Object, _ version: RoomVersion
    ) throws(CanonicalJSON.Failure) -> CanonicalJSON {
        let hashed = event.filter { $0 != "unsigned" && $0 != "signatures" && $0 != "hashes" }
        return try CanonicalJSON(hashed, numbers: version.numbers)
    }

    /// SHA-256 over the redacted event without `signatures` ("Calculating the reference hash").
    package static func reference(_ event: JSON.Object, _ version: RoomVersion) throws(CanonicalJSON.Failure) -> [UInt8]
    {
        SHA256.hash(try signable(event, version).bytes)
    }

    /// What is signed of an event: the redacted event with its `hashes`, without `signatures`.
    package static func signable(
        _ event: JSON.Object,
        _ version: RoomVersion
    ) throws(CanonicalJSON.Failure) -> CanonicalJSON {
        try CanonicalJSON(SignedJSON.signable(version.redaction.redact(event)), numbers: version.numbers)
    }

    /// The event's id: what it says itself in versions 1 and 2, made of the reference hash in later ones.
    package static func id(_ event: JSON.Object, _ version: RoomVersion) throws(CanonicalJSON.Failure) -> EventID? {
        switch version.eventIDs {
        case .chosen:
            return event["event_id"]?.text.flatMap { EventID($0) }
        case .standardHash:
            return EventID(Text("$" + Base64.encode(try reference(event, version)).string))
        case .urlSafeHash:
            return EventID(Text("$" + Base64.encode(try reference(event, version), urlSafe: true).string))
        }
    }

    /// Whether `hashes.sha256` is the event's content hash; compared as bytes, so padding does not matter.
    package static func contentMatches(_ event: JSON.Object, _ version: RoomVersion) -> Bool {
        guard let stated = event["hashes"]?["sha256"]?.text.flatMap(Base64.decode) else { return false }
        return stated == (try? content(event, version))
    }
}
