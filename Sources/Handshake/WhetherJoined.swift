internal import Federation
internal import Matrix

/// Finds out what became of a join that the resident may have taken, by asking it: for the event (server-server API,
/// `GET /event/{eventId}`), and for a new template, which rests on the join where there is one.
struct WhetherJoined: Sendable {
    let event: OutgoingEvent
    let network: Network
    let journal: Journal

    private static let limit = 256 << 10

    private var resident: ServerName { event.resident.server }
    private var id: EventID { event.signed.id }

    /// What the resident says.
    private enum Answer {
        /// It gave the event itself.
        case event
        /// Its new template rests on the event.
        case template
        case absent
        /// It has no such event so far.
        case notYet
        /// It does not say.
        case none

        var isJoined: Bool? {
            switch self {
            case .event, .template: true
            case .absent: false
            case .notYet, .none: nil
            }
        }
    }

    /// Whether the resident has the event; nil where it does not say. A request may still be at work there, so that "no"
    /// is asked again; after one that nobody answered in time, `isOpen`, it stays "not yet". So does one that was not
    /// asked for as often as that takes.
    func find(isOpen: Bool) async -> Bool? {
        var found = await look()
        for wait in network.waitsForOutcome where found.isJoined != true {
            guard (try? await Task.sleep(for: wait)) != nil else { break }
            found = await look()
        }
        if case .absent = found, isOpen || Task.isCancelled { found = .notYet }
        tell(found)
        return found.isJoined
    }

    private func look() async -> Answer {
        if let answer = await ask("event", [id.text]), names(answer["pdus"]?.array?.first) { return .event }
        let request = event.signed.template.request
        let query = [(name: "ver", value: event.signed.template.version.id)]
        guard let answer = await ask("make_join", [request.roomID.text, request.user.text], query),
            let references = answer["event"]?["auth_events"]?.array
        else { return .none }
        // In versions 1 and 2 a reference is a pair of id and hash.
        return references.contains { ($0.text ?? $0.array?.first?.text) == id.text } ? .template : .absent
    }

    /// Whether `value` is our event, whole.
    private func names(_ value: JSON?) -> Bool {
        guard let object = value?.object, let found = try? PDU(object, event.signed.template.version) else {
            return false
        }
        return found.id == id
    }

    private func ask(_ endpoint: String, _ parts: [Text], _ query: [(name: String, value: Text)] = []) async -> JSON? {
        let target = RequestTarget("/_matrix/federation/v1/\(endpoint)", parts, query: query)
        return try? await network.remote(event.resident).json(
            .get, target, limits: network.limits(Self.limit, seconds: 10))
    }

    private func tell(_ found: Answer) {
        switch found {
        case .event:
            journal.check(
                "outcome", .pass, "\(resident) has our event, and gave it when asked: the join took place",
                subject: id.text, server: resident)
        case .template:
            journal.check(
                "outcome", .pass, "the new template of \(resident) rests on our event: the join took place",
                subject: id.text, server: resident)
        case .absent:
            journal.check(
                "outcome", .fail, "\(resident) does not have our event, and its new template does not rest on it",
                subject: id.text, server: resident)
        case .notYet:
            journal.check(
                "outcome", .warn, "\(resident) does not have our event so far: what we sent may still be at work there",
                subject: id.text, server: resident)
        case .none:
            journal.check(
                "outcome", .warn, "\(resident) does not say whether it has our event", subject: id.text,
                server: resident)
        }
    }
}
