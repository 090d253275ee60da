package import Federation
internal import Matrix

/// What a resident handed us: the answer's bytes, where each event lies in them, and what was read of them meanwhile.
package struct ReceivedState: Sendable {
    package let body: Blob
    package let answer: SendJoinAnswer
    package let event: OutgoingEvent
    let events: RoomEvents
    let ring: KeyRing
    /// Whether members were asked to be left out.
    var omitsMembers = false
}

/// Stage 6: hands our event to the resident and takes the room (server-server API, "Joining Rooms", send_join v2).
package struct SendJoin: Step {
    let stage = Stage.sendJoin
    private let event: OutgoingEvent
    private let network: Network
    private let omitsMembers: Bool

    package init(_ event: OutgoingEvent, _ network: Network, omitsMembers: Bool = false) {
        self.event = event
        self.network = network
        self.omitsMembers = omitsMembers
    }

    var server: ServerName? { event.resident.server }
    var title: String { "to \(event.resident.server)" }

    func run(_ journal: Journal) async throws(Failure) -> ReceivedState {
        let template = event.signed.template
        let reading = RoomReading(template.version, room: template.request.roomID, progress: journal.progress)
        var ring = KeyRing(network.keys, us: network.identity)
        let fetch = KeyFetch(network: network, resident: event.resident, journal: journal)
        async let sent = send(reading, journal)
        let events = await reading.events(&ring, { await fetch.direct($0) }, cores: System.cores)
        let (body, answer) = try await sent.get()
        answer.show(journal)
        return ReceivedState(
            body: body, answer: answer, event: event, events: events, ring: ring, omitsMembers: omitsMembers)
    }

    /// Sends our event, and has the answer read as it comes.
    private func send(_ reading: RoomReading, _ journal: Journal) async -> Result<(Blob, SendJoinAnswer), Failure> {
        var send = SendEvent(stage: stage, event: event, network: network)
        send.omitsMembers = omitsMembers
        do throws(Failure) {
            let (response, isV1) = try await send.send(network.answerLimits, watch: reading.watch, journal)
            journal.note { $0.joined = true }
            network.folder?.keep(response.body, as: "send_join.json", journal)
            network.folder?.keep(own: network.identity)
            do { return .success((response.body, try reading.finish(response.body, isV1: isV1))) } catch {
                throw .unusable(error, event.resident.server)
            }
        } catch {
            reading.giveUp()
            return .failure(error)
        }
    }
}

/// Stage 6 alone: hands our event to the resident, and its answer on as it came, without a look at the room.
struct HandOver: Step {
    let stage = Stage.sendJoin
    private let event: OutgoingEvent
    private let network: Network
    private let omitsMembers: Bool
    private let take: @Sendable (Blob) -> Void

    init(
        _ event: OutgoingEvent, _ network: Network, omitsMembers: Bool, _ take: @escaping @Sendable (Blob) -> Void
    ) {
        self.event = event
        self.network = network
        self.omitsMembers = omitsMembers
        self.take = take
    }

    var server: ServerName? { event.resident.server }
    var title: String { "to \(event.resident.server)" }

    func run(_ journal: Journal) async throws(Failure) {
        var send = SendEvent(stage: stage, event: event, network: network)
        send.omitsMembers = omitsMembers
        let (response, isV1) = try await send.send(network.answerLimits, journal)
        journal.note { $0.joined = true }
        // Also where nothing can be made of it: the join is done, and this is all that there is to look at.
        take(response.body)
        do { try SendJoinAnswer(cutting: response.body, isV1: isV1).show(journal) } catch {
            throw .unusable(error, event.resident.server)
        }
    }
}

extension SendJoinAnswer {
    fileprivate func show(_ journal: Journal) {
        let kind = membersOmitted ? "partial state" : "full state"
        journal.check("answer", .pass, "\(state.count) state events, \(authChain.count) auth events, \(kind)")
    }
}

extension Failure {
    fileprivate static func unusable(_ problem: JSONError, _ resident: ServerName) -> Failure {
        var failure = Failure(
            .sendJoin, .protocol, "\(resident) accepted the join, but its answer is unusable: \(problem)",
            server: resident)
        failure.side = .theirs
        return failure
    }
}
