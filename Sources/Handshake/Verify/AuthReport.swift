internal import Federation
internal import Matrix

/// What the authorisation rules say of a room, and of our join into it.
struct AuthReport: Sendable {
    let events: RoomEvents
    let standings: [AuthChecks.Standing]
    let version: RoomVersion
    let create: Int
    /// Where the state that was returned lies, before any was refused.
    let state: StatePlaces
    let judge: RoomJudge

    private var journal: Journal { judge.journal }

    /// Lists the events that do not stand; fails where one of `deciding` does not.
    func list(_ deciding: Set<Int>) throws(Failure) {
        var rejected = 0
        var others = 0
        for (place, standing) in standings.enumerated() {
            guard let words = words(standing, place) else { continue }
            if standing.rejection == nil { others += 1 } else { rejected += 1 }
            let event = events.all[place]
            let said = "\(event.id) (\(event.event.type) of \(event.event.sender)): \(words)"
            journal.finding("auth_rules", said, subject: event.id.text)
            if deciding.contains(place) { throw judge.failure("\(said), which decides our join") }
        }
        let left = others > 0 ? ", \(others) could not be judged" : ""
        journal.check(
            "auth_rules", rejected + others == 0 ? .pass : .warn,
            "the auth rules of room version \(version.id) allow \(events.count - rejected - others) of "
                + "\(events.count) events\(left)")
    }

    private func words(_ standing: AuthChecks.Standing, _ place: Int) -> String? {
        switch standing {
        case .allowed: nil
        case .rejected(let rejection): "rejected by \(rejection)\(Self.by(rejection.deciding))"
        case .unjudged: unjudged(AuthChecks.lacking(place, events, standings))
        case .circular: "not to be judged, since it rests on itself"
        }
    }

    private func unjudged(_ ids: [EventID]) -> String {
        "not to be judged, since \(Self.list(ids)) \(ids.count == 1 ? "is" : "are") missing or not judged"
    }

    private static func by(_ ids: [EventID]) -> String { ids.isEmpty ? "" : " (decided by \(list(ids)))" }

    private static func list(_ ids: [EventID]) -> String {
        let shown = ids.prefix(4).map(\.description).joined(separator: ", ")
        return ids.count > 4 ? "\(shown) and \(ids.count - 4) more" : shown
    }

    /// Judges our join by the events that it names, and by the state that was returned.
    func join(_ own: PDU) throws(Failure) {
        let event = AuthEvent(own)
        var loader = EventLoader(events, judge.body, version)
        let named = own.authEvents.compactMap { events.place($0) }.map { loader.event($0) }
        let createEvent = loader.event(create)
        let byNamed = AuthContext(
            authEvents: named, create: version.namesRoomsByHash ? createEvent : nil, rejected: [],
            isSignedByAuthoriser: true)
        try decide(event, byNamed, "the events that it names")
        let keys = version.rules.terms.selection.keys(for: event)
        var state = state[keys].filter { standings[$0].isAllowed }.map { loader.event($0) }
        state += leftOut(of: state, named)
        let byState = AuthContext(
            state: AuthState(state, create: createEvent), rejected: [], isSignedByAuthoriser: true)
        try decide(event, byState, "the state that came back")
        checkSelection(event, named, state)
    }

    private func decide(_ event: AuthEvent, _ context: AuthContext, _ what: String) throws(Failure) {
        var trials: [AuthTrial] = []
        let verdict = version.rules.judge(event, context) { trials.append($0) }
        for trial in trials where trial.outcome != .doesNotApply { journal.detail("auth_rule", words(trial)) }
        switch verdict {
        case .allowed(let rule):
            journal.check("join_allowed", .pass, "the auth rules allow our join by \(what): rule \(rule)")
        case .rejected(let rejection):
            let words = "the auth rules refuse our join by \(what): \(rejection)\(Self.by(rejection.deciding))"
            journal.check("join_allowed", .fail, words)
            throw judge.failure(words)
        }
    }

    private func words(_ trial: AuthTrial) -> String {
        let outcome =
            switch trial.outcome {
            case .doesNotApply: "does not apply"
            case .entered: "applies"
            case .allows: "allows"
            case .rejects: "rejects"
            }
        return "rule \(trial.rule) \(outcome): \(trial.sense)"
    }

    /// Members that a partial state leaves out and that our join names, such as who vouches for us: what the resident
    /// names is all that it shows of them.
    private func leftOut(of state: [AuthEvent], _ named: [AuthEvent]) -> [AuthEvent] {
        guard judge.answer.membersOmitted else { return [] }
        let shown = Set(state.filter { $0.type == "m.room.member" }.map(\.stateKey))
        let left = named.filter { $0.type == "m.room.member" && !shown.contains($0.stateKey) }
        for event in left {
            journal.check(
                "members_omitted", .pass,
                "the state leaves out the membership of \(event.stateKey.map { Quoting.quoted($0) } ?? ""): the one "
                    + "that our join names counts, \(event.id)", subject: event.id.text)
        }
        return left
    }

    /// Whether the template named what the state has to authorise our join. A join that was sent before is in the state,
    /// too, and does not name itself.
    private func checkSelection(_ event: AuthEvent, _ named: [AuthEvent], _ state: [AuthEvent]) {
        let names = Set(named.map(\.id))
        let left = state.filter {
            !names.contains($0.id) && $0.id != event.id && !($0.isCreate && version.namesRoomsByHash)
        }
        guard !left.isEmpty else { return }
        journal.check(
            "auth_selection", .warn,
            "the template did not name \(Self.list(left.map(\.id))), which the state has to authorise our join")
    }
}
