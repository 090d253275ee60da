internal import Federation
internal import Matrix

/// Checks of an answer as a whole: one create event, the right room and version, and our own event in it.
struct RoomChecks: Sendable {
    let template: MembershipTemplate
    let resident: ServerName
    let journal: Journal

    /// The one create event and the room's version: it must be in `state` (the auth chain may repeat it), of the
    /// version that the template said, and from version 12 on its hash is the room id.
    func create(
        in state: [ReceivedEvent], _ chain: [ReceivedEvent]
    ) throws(Failure) -> (ReceivedEvent, RoomVersion) {
        guard let create = state.first(where: \.isCreate) else {
            throw failure("there is no create event in the state")
        }
        let ids = Set((state + chain).filter(\.isCreate).map(\.id))
        guard ids.count == 1 else { throw failure("there are \(ids.count) different create events") }
        let named = create.createdVersion ?? "1"
        guard let version = template.possibleVersions.first(where: { $0.id == named }) else {
            let due = template.possibleVersions.map(\.id.string).joined(separator: " or ")
            throw failure("the create event is of room version \(Quoting.quoted(named)), the template was of \(due)")
        }
        guard create.roomID == template.request.roomID else {
            throw failure("the create event makes another room: \(Quoting.quoted(create.roomID.text))")
        }
        let proof = version.namesRoomsByHash ? ", and its hash is the room id" : ""
        journal.check(
            "create_event", .pass, "one create event, of room version \(version.id)\(proof)", subject: create.id.text)
        return (create, version)
    }

    /// Each event once, without those of other rooms.
    func ofThisRoom(_ events: [ReceivedEvent]) -> [ReceivedEvent] {
        var seen: Set<EventID> = []
        var kept: [ReceivedEvent] = []
        var foreign = 0
        for event in events where seen.insert(event.id).inserted {
            if event.roomID == template.request.roomID { kept.append(event) } else { foreign += 1 }
        }
        if foreign > 0 {
            journal.check("room_id", .warn, "\(foreign) event\(foreign == 1 ? "" : "s") of other rooms dropped")
        }
        return kept
    }

    /// The create event and those that authorise our join; each must be there.
    func deciding(_ create: ReceivedEvent, _ events: [ReceivedEvent]) throws(Failure) -> Set<EventID> {
        var deciding: Set<EventID> = [create.id]
        let known = Set(events.map(\.id))
        for reference in template.authEvents {
            guard let text = reference.text ?? reference.array?.first?.text, let id = EventID(text) else { continue }
            guard known.contains(id) else { throw failure("the answer lacks \(id), which authorises our join") }
            deciding.insert(id)
        }
        return deciding
    }

    /// Our event as the resident returned it, which must be the one we sent: its signatures merged. Ours where it
    /// returned none, which only a restricted room's join needs.
    func returnedEvent(_ received: ReceivedState, _ sent: SignedMembership) throws(Failure) -> PDU {
        guard let range = received.answer.event else {
            journal.check("returned_event", template.authoriser == nil ? .skip : .warn, "our event did not come back")
            return sent.pdu
        }
        switch ReceivedEvents.pdu(received.body, range, template.version) {
        case .failure(let problem): throw failure("the event that came back is not valid: \(problem.words)")
        case .success(let returned):
            guard returned.id == sent.id else { throw failure("another event than ours came back: \(returned.id)") }
            guard EventHashes.contentMatches(returned.object, returned.version) else {
                throw failure("our event came back with another content")
            }
            let signers = SignedJSON.signers(of: returned.object).count
            journal.check(
                "returned_event", .pass,
                "our event came back with the same id, signed by \(signers) server\(signers == 1 ? "" : "s")",
                subject: returned.id.text)
            return returned
        }
    }

    private func failure(_ message: String) -> Failure {
        var failure = Failure(.verify, .check, message, server: resident)
        failure.explain(
            Diagnosis.of(Diagnosis.Symptom(stage: .verify, kind: .check, words: Text(message))),
            DiagnosisNames(resident))
        return failure
    }
}
