internal import Federation
internal import Matrix

/// One event of an answer as far as its own bytes and the keys at hand tell.
struct ReadEvent: Sendable {
    enum ContentHash: Sendable, Hashable {
        case matches
        /// It does not match because the event was redacted since: everything is gone that redaction removes.
        case redactedCopy
        case differs
    }

    /// What became of the signatures that it needs.
    enum Signatures: Sendable {
        case valid
        case bad(SignatureFault)
        /// They were not verified yet, since nothing is known of the keys of at least one of these servers.
        case pending([ServerName])

        var mayStand: Bool { if case .bad = self { false } else { true } }
    }

    let event: AuthEvent
    let range: Range<Int>
    let timestamp: Int
    let contentHash: ContentHash
    /// Whether more of the content than `event` has matters to the rules.
    let isParked: Bool
    var signatures: Signatures
    /// Whether the server of the user in `join_authorised_via_users_server` has validly signed it.
    var isSignedByAuthoriser: Bool
    let key: EventKey
    let authEvents: [EventKey]
    /// The ids of them in room versions 1 and 2.
    let chosenAuthEvents: [EventID]
}

/// Why an event's signatures do not stand.
struct SignatureFault: Sendable {
    let server: ServerName
    let verdict: EventSignatures.Verdict

    var words: String {
        switch verdict {
        case .valid: "valid"
        case .missing: "not signed by \(server)"
        case .invalid(let key): "the signature of \(server) by \(key) is wrong"
        case .unknownKeys(let keys):
            "no key \(keys.map(\.description).joined(separator: ", ")) of \(server) that was valid then"
        }
    }
}
