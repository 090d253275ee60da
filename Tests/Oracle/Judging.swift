import Matrix

/// Why a request cannot be answered.
struct RequestError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension JSON {
    func version() throws -> RoomVersion {
        guard let version = self["room_version"]?.text.flatMap({ RoomVersion.named($0) }) else {
            throw RequestError("no known room_version")
        }
        return version
    }
}

/// An event and what it is judged by, as a request has them.
struct Judging {
    let version: RoomVersion
    let event: AuthEvent
    let context: AuthContext

    init(_ request: JSON) throws {
        version = try request.version()
        event = try Self.event(request)
        let named = request["auth_events"]?.array ?? []
        let create = request["create"]?.object.map { JSON.object($0) }
        let rejected = (named + (create.map { [$0] } ?? [])).filter { $0["rejected"] == true }
        context = AuthContext(
            authEvents: try named.map(Self.event),
            create: try create.map(Self.event),
            rejected: rejected.compactMap { $0["event_id"]?.text.flatMap { EventID($0) } },
            isSignedByAuthoriser: request["signed_by_authoriser"] != false
        )
    }

    var verdict: AuthVerdict { version.rules.judge(event, context) }

    var answer: JSON {
        switch verdict {
        case .allowed(let rule): ["allowed": true, "rule": .string(rule.text)]
        case .rejected(let rejection):
            ["allowed": false, "rule": .string(rejection.rule.text), "reason": .string(Text(rejection.reason))]
        }
    }

    /// What the rules look at, whatever else is wrong with the event: its format is checked elsewhere.
    private static func event(_ pair: JSON) throws -> AuthEvent {
        guard let event = pair["event"], let id = pair["event_id"]?.text.flatMap({ EventID($0) }) else {
            throw RequestError("no event, or none with an event_id")
        }
        guard let sender = event["sender"]?.text.flatMap({ UserID($0) }) else { throw RequestError("no sender") }
        return AuthEvent(
            id: id,
            type: event["type"]?.text ?? "",
            stateKey: event["state_key"]?.text,
            sender: sender,
            roomID: event["room_id"]?.text.flatMap { RoomID($0) },
            prevEvents: references(event["prev_events"]),
            authEvents: references(event["auth_events"]),
            content: event["content"]?.object ?? JSON.Object(),
            redacts: event["redacts"]?.text
        )
    }

    /// Ids, or pairs of one and its hashes.
    private static func references(_ list: JSON?) -> [EventID] {
        (list?.array ?? []).compactMap { ($0.array?.first ?? $0).text.flatMap { EventID($0) } }
    }
}
