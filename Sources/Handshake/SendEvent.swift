internal import Federation
internal import Matrix

/// What send_join, send_leave and send_knock share: version 2 of the endpoint, version 1 where the resident is too old for that,
/// and what an outcome says of whether the event arrived.
struct SendEvent: Sendable {
    let stage: Stage
    let event: OutgoingEvent
    let network: Network
    /// Of the interface, the first to try and the one for residents that do not know it.
    var versions = ["v2", "v1"]
    /// Asks for partial state; version 1 knows nothing of it.
    var omitsMembers = false

    /// The answer, and whether it is one of version 1: `[200, {…}]`.
    func send(
        _ limits: Limits, watch: BodyWatch? = nil, _ journal: Journal
    ) async throws(Failure) -> (response: Response, isV1: Bool) {
        // The same bytes each time: residents take an event that they have for the one that it is.
        do throws(Failure) {
            return try await network.retries.perform(journal) { () throws(Failure) in
                try await sendOnce(limits, watch, journal)
            }
        } catch {
            var failure = error
            if journal.facts.isUnsettled { await settle(&failure, journal) }
            throw failure
        }
    }

    /// What became of an event that may have been taken: a join is asked for, a leave does no harm twice.
    private func settle(_ failure: inout Failure, _ journal: Journal) async {
        let asking = stage == .sendJoin ? WhetherJoined(event: event, network: network, journal: journal) : nil
        let found = await asking?.find(isOpen: failure.kind == .timeout)
        guard let found else { return tellUnknown(&failure) }
        journal.note {
            $0.sent = true
            $0.joined = found
            $0.isUnsettled = false
        }
        guard found else { return }
        var hints = (Diagnosis.named("joined-unseen")?.hints ?? []).map { Hint("joined-unseen", $0) }
        if let again { hints = again.map { Hint("joined-unseen", $0.text) } + hints.dropFirst() }
        failure.hints = hints + failure.hints.prefix(1)
    }

    private func sendOnce(
        _ limits: Limits, _ watch: BodyWatch?, _ journal: Journal
    ) async throws(Failure) -> (response: Response, isV1: Bool) {
        do {
            return (try await put(versions[0], limits, watch, journal), versions[0] == "v1")
        } catch .refused(let answer) where answer.isUnknownEndpoint && versions.count > 1 {
            // Version 1 was removed in v1.18; residents that know nothing else still answer so.
            journal.check(
                "api_version", .warn, "\(event.resident.server) does not know \(stage.rawValue) v2: v1 is tried",
                server: event.resident.server)
        } catch {
            throw await failure(error, journal).explained(by: journal, network.remote(event.resident), network)
        }
        do { return (try await put("v1", limits, nil, journal), true) } catch {
            throw await failure(error, journal).explained(by: journal, network.remote(event.resident), network)
        }
    }

    private func put(
        _ version: String, _ limits: Limits, _ watch: BodyWatch?, _ journal: Journal
    ) async throws(RemoteError) -> Response {
        let target = RequestTarget(
            "/_matrix/federation/\(version)/\(stage.rawValue)", [event.signed.pdu.roomID.text, event.signed.id.text],
            query: omitsMembers && version == "v2" ? [("omit_members", "true")] : [])
        let response = try await network.remote(event.resident).send(
            .put, target, body: event.signed.pdu.object, limits: limits, watch: watch)
        journal.note {
            $0.sent = true
            $0.isUnsettled = false
        }
        return response
    }

    /// Before the first byte nothing was sent; a definite 4xx means that it was not taken; all else may have been, also
    /// where something between us says 4xx of its own. An event may have gone out before: in an attempt before this one, or
    /// the join that a leave undoes.
    private func failure(_ error: RemoteError, _ journal: Journal) -> Failure {
        let failure = Failure(stage, error, at: event.resident, us: network.identity.server)
        journal.note { facts in
            switch error {
            case .transport(let error) where !error.exchange.bytesSent: break
            case .refused(let answer) where answer.isDefinite: facts.sent = true
            case .transport:
                if facts.sent == false { facts.sent = nil }
                facts.isUnsettled = true
            default:
                facts.sent = true
                facts.isUnsettled = true
            }
            // A knock lets nobody in.
            if facts.isUnsettled, stage != .sendKnock { facts.joined = nil }
        }
        return failure
    }

    /// A join that was kept can be sent again, and is answered as the first time.
    private var again: [Hint]? {
        guard stage == .sendJoin, let folder = network.folder else { return nil }
        return [Hint("outcome-unknown", HintForm.sendAgain.filled(Shell.quoted("\(folder.path)/event.json")))]
    }

    /// What to do about not knowing comes before what to do about the fault.
    private func tellUnknown(_ failure: inout Failure) {
        let fault = again ?? failure.hints.first.map { [$0] } ?? []
        let known = Diagnosis.named("outcome-unknown")?.hints.first ?? ""
        let taken = HintForm.maybeTaken.filled(event.resident.server.description, event.signed.id.description)
        // Another request shows nothing of what became of this one.
        failure.command = nil
        failure.hints =
            [
                Hint("outcome-unknown", taken),
                Hint("outcome-unknown", known),
            ] + fault
    }
}

extension ErrorAnswer {
    /// Whether it says that the event was not taken: in a homeserver's words, or where there is nothing to take it.
    fileprivate var isDefinite: Bool {
        (400..<500).contains(status) && (errcode != nil || status == 404 || status == 405)
    }
}

/// Stage 5 of a leave: sends the event; the answer has nothing in it.
package struct SendLeave: Step {
    let stage = Stage.sendLeave
    private let event: OutgoingEvent
    private let network: Network

    package init(_ event: OutgoingEvent, _ network: Network) {
        self.event = event
        self.network = network
    }

    var server: ServerName? { event.resident.server }
    var title: String { "to \(event.resident.server)" }

    func run(_ journal: Journal) async throws(Failure) {
        let send = SendEvent(stage: stage, event: event, network: network)
        _ = try await send.send(network.limits(65_536, seconds: 60), journal)
        journal.note {
            $0.joined = false
            $0.hasLeft = true
        }
        journal.check("left", .pass, "\(event.resident.server) has taken the event", subject: event.signed.id.text)
    }
}
