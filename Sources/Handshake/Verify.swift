package import Federation
package import Matrix

/// A room that we are in, and what decides our being there has stood its checks.
package struct JoinedRoom: Sendable {
    package let id: RoomID
    package let version: RoomVersion
    package let event: SignedMembership
    package let resident: Destination
}

/// Stage 7: judges the room that a resident handed us (server-server API, "Checks performed on receipt of a PDU").
///
/// Only what decides the join fails it: the create event, the events that authorise our join, our own event. Any other
/// event that cannot be verified is dropped, counted and listed, as joining servers do.
package struct Verify: Step {
    let stage = Stage.verify
    private let received: ReceivedState
    private let network: Network

    package init(_ received: ReceivedState, _ network: Network) {
        self.received = received
        self.network = network
    }

    private var event: OutgoingEvent { received.event }
    private var resident: ServerName { event.resident.server }
    private var template: MembershipTemplate { event.signed.template }

    var server: ServerName? { resident }
    var title: String {
        let (state, chain) = (received.answer.state.count, received.answer.authChain.count)
        return "\(state) state events and \(chain) of the auth chain"
    }

    func run(_ journal: Journal) async throws(Failure) -> JoinedRoom {
        journal.note { $0.verified = false }
        let state = await ReceivedEvents.read(received.body, received.answer.state, template.version)
        let chain = await ReceivedEvents.read(received.body, received.answer.authChain, template.version)
        list(state.dropped + chain.dropped, state.droppedCount + chain.droppedCount, "format", journal)
        let checks = RoomChecks(template: template, resident: resident, journal: journal)
        let (create, version) = try checks.create(in: state.events, chain.events)
        journal.note { $0.roomVersion = version }
        let events = checks.ofThisRoom(state.events + chain.events)
        let returned = try checks.returnedEvent(received, event.signed)
        let deciding = try checks.deciding(create, events)
        let signatures = SignatureChecks(received: received, network: network, version: version, journal: journal)
        try await signatures.check(events, deciding: deciding, own: returned)
        PolicyServerCheck(body: received.body, version: version, journal: journal).check(
            state.events, allMembers: !received.answer.membersOmitted, own: returned)
        journal.check("auth_rules", .skip, "the auth rules of room version \(version.id) are not checked")
        journal.note { $0.verified = true }
        return JoinedRoom(id: template.request.roomID, version: version, event: event.signed, resident: event.resident)
    }

    private func list(_ problems: [String], _ count: Int, _ check: String, _ journal: Journal) {
        for problem in problems.prefix(ReceivedEvents.mostListed) { journal.check(check, .warn, problem) }
        if count > 0 { journal.check(check, .warn, "\(count) event\(count == 1 ? "" : "s") of wrong form dropped") }
    }
}
