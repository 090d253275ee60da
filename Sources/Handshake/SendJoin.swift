package import Federation
internal import Matrix

/// What a resident handed us: the answer's bytes, and where each event lies in them.
package struct ReceivedState: Sendable {
    package let body: Blob
    package let answer: SendJoinAnswer
    package let event: OutgoingEvent
}

/// Stage 6: hands our event to the resident and takes the room (server-server API, "Joining Rooms", send_join v2).
package struct SendJoin: Step {
    let stage = Stage.sendJoin
    private let event: OutgoingEvent
    private let network: Network

    package init(_ event: OutgoingEvent, _ network: Network) {
        self.event = event
        self.network = network
    }

    var server: ServerName? { event.resident.server }
    var title: String { "to \(event.resident.server)" }

    func run(_ journal: Journal) async throws(Failure) -> ReceivedState {
        let send = SendEvent(stage: stage, event: event, network: network)
        let (response, isV1) = try await send.send(network.answerLimits, journal)
        journal.note { $0.joined = true }
        let answer: SendJoinAnswer
        do { answer = try SendJoinAnswer(cutting: response.body, isV1: isV1) } catch {
            var failure = Failure(
                stage, .protocol, "\(event.resident.server) accepted the join, but its answer is unusable: \(error)",
                server: event.resident.server)
            failure.side = .theirs
            throw failure
        }
        if answer.membersOmitted {
            journal.check("members_omitted", .warn, "members were left out of the state, which we did not ask for")
        }
        let kind = answer.membersOmitted ? "partial state" : "full state"
        journal.check(
            "answer", .pass, "\(answer.state.count) state events, \(answer.authChain.count) auth events, \(kind)")
        return ReceivedState(body: response.body, answer: answer, event: event)
    }
}
