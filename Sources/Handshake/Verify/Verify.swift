package import Federation
package import Matrix

/// A room that we are in, and what decides our being there has stood its checks.
package struct JoinedRoom: Sendable {
    package let id: RoomID
    package let version: RoomVersion
    package let event: SignedMembership
    package let resident: Destination
}

/// Stage 7: judges the room that a resident handed us.
package struct Verify: Step {
    let stage = Stage.verify
    private let received: ReceivedState
    private let network: Network

    package init(_ received: ReceivedState, _ network: Network) {
        self.received = received
        self.network = network
    }

    var server: ServerName? { received.event.resident.server }
    var title: String { received.answer.title }

    func run(_ journal: Journal) async throws(Failure) -> JoinedRoom {
        journal.note { $0.verified = false }
        let judge = RoomJudge(
            subject: RoomSubject(received.event, asksToOmit: received.omitsMembers), body: received.body,
            answer: received.answer, network: network, keys: network.keys, isStrict: network.isStrict,
            cores: System.cores, journal: journal)
        let verdict = try await Spread.apart(received.events.count) { () throws(Failure) in
            try await judge.judge(received.events, received.ring)
        }
        try journal.endStrictly(network.isStrict, server: received.event.resident.server)
        journal.note { $0.verified = true }
        return JoinedRoom(
            id: verdict.id, version: verdict.version, event: received.event.signed, resident: received.event.resident)
    }
}

extension SendJoinAnswer {
    var title: String { "\(state.count) state events and \(authChain.count) of the auth chain" }
}

extension Journal {
    /// With --strict a warning of this stage counts as a failed check.
    func endStrictly(_ isStrict: Bool, server: ServerName?) throws(Failure) {
        let warnings = warningsOfStage
        guard isStrict, warnings > 0 else { return }
        var failure = Failure(
            .verify, .check, "\(warnings) warning\(warnings == 1 ? "" : "s"), which --strict does not pass over",
            server: server)
        failure.explain(Diagnosis.named("strict-warning"), DiagnosisNames(server))
        throw failure
    }
}
