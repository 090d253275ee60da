internal import Federation
internal import Matrix

/// Stage 6 of a knock: sends the event, and takes what the resident shows of the room (v1.1, "Knocking upon a room").
package struct SendKnock: Step {
    private static let limit = 1 << 20
    let stage = Stage.sendKnock
    private let event: OutgoingEvent
    private let network: Network

    package init(_ event: OutgoingEvent, _ network: Network) {
        self.event = event
        self.network = network
    }

    var server: ServerName? { event.resident.server }
    var title: String { "to \(event.resident.server)" }

    func run(_ journal: Journal) async throws(Failure) {
        let send = SendEvent(stage: stage, event: event, network: network, versions: ["v1"])
        let (response, _) = try await send.send(network.limits(Self.limit, seconds: 60), journal)
        journal.note { $0.hasKnocked = true }
        network.folder?.keep(response.body, as: "send_knock.json", journal)
        journal.check(
            "knocked", .pass, "\(event.resident.server) has taken the event", subject: event.signed.id.text)
        let body = response.body.withBytes(in: 0..<response.body.count) { bytes in try? JSON(parsing: bytes) }
        guard let list = body?["knock_room_state"]?.array else {
            return journal.check(
                "stripped_state", .warn, "its answer has no list knock_room_state: nothing of the room is shown",
                server: event.resident.server)
        }
        let template = event.signed.template
        journal.show(
            StrippedState(list, of: template.request.roomID, template.version, from: event.resident.server))
    }
}

extension Journal {
    /// Keeps what a server shows of a room, and what it lacks.
    func show(_ state: StrippedState) {
        record(.strippedState(state))
        for fault in state.faults {
            check("stripped_state", .warn, "of what \(state.server) shows of the room, \(fault)", server: state.server)
        }
    }
}
