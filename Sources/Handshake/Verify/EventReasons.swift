internal import Federation
internal import Matrix

/// Why each event's content hash and signatures stand or do not, one line an event, for those who ask for more.
struct EventReasons {
    let events: RoomEvents
    let body: Blob
    let version: RoomVersion
    let keys: KeyTable
    let journal: Journal

    func tell() {
        for place in events.all.indices {
            let event = events.all[place]
            journal.detail("event", words(event), subject: event.id.text)
        }
    }

    private func words(_ event: RoomEvent) -> String {
        let object = events.object(of: event, in: body)
        let signatures = EventSignatures.requiredServers(of: object, version).flatMap { server in
            SignedJSON.signatures(of: server, on: object).map(\.key).sorted().map { words($0, of: server) }
        }
        let outcome = event.fault?.words ?? "valid"
        return "\(event.id) \(event.event.type) of \(event.event.sender): \(hash(event)), signatures \(outcome)"
            + (signatures.isEmpty ? "" : ": \(signatures.joined(separator: ", "))")
    }

    private func hash(_ event: RoomEvent) -> String {
        switch event.contentHash {
        case .matches: "content hash matches"
        case .redactedCopy: "content redacted since"
        case .differs: "content hash differs"
        }
    }

    /// The key, for how long it speaks, and who says so.
    private func words(_ id: KeyID, of server: ServerName) -> String {
        guard let entry = keys.entries[server], let known = entry.keys[id] else {
            return "\(id) of \(server), not known"
        }
        let validity =
            switch known.validity {
            case .until(let end): "valid until \(WallClock.iso8601(end))"
            case .expired(let end): "expired \(WallClock.iso8601(end))"
            }
        return "\(id) of \(server), \(validity), from \(entry.source(of: id).words)"
    }
}

extension KeyTable.Source {
    fileprivate var words: String {
        switch self {
        case .local: "our key file"
        case .file: "a file"
        case .server: "itself"
        case .notary: "a notary"
        case .resident: "the resident"
        }
    }
}
