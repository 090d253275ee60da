package import Federation
package import Matrix

/// Read this first: a join, a leave and a knock, stage by stage.
package struct Handshake: Sendable {
    private let request: MembershipRequest
    private let network: Network
    private let journal: Journal

    package init(_ request: MembershipRequest, network: Network, journal: Journal) {
        self.request = request
        self.network = network
        self.journal = journal
    }

    /// Joins the room, or goes as far as it was told to.
    package func join() async throws(End) -> JoinedRoom {
        let room = try await findRoom()
        let template = try await perform(MakeMembership(.join, room, request, network))
        let event = try await sign(template)
        let answer = try await perform(SendJoin(event, network, omitsMembers: request.omitsMembers))
        return try await perform(Verify(answer, network))
    }

    /// Leaves the room `roomID` by way of the servers in `via`.
    package func leave(_ roomID: RoomID, via: [ServerName]) async throws(End) {
        journal.note { $0.roomID = roomID }
        try await perform(SelfCheck(request, network))
        let candidates = request.invite == nil ? request.others(via) : request.candidates(via)
        let found = try await perform(Discover(candidates, network, ledBy: request.leader))
        let room = Room(id: roomID, candidates: candidates, found: found)
        let template = try await perform(MakeMembership(.leave, room, request, network))
        let event = try await sign(template)
        try await perform(SendLeave(event, network))
    }

    /// Undoes a join that just happened, at the very server that took it.
    package func leave(_ joined: JoinedRoom) async throws(End) {
        let room = Room(id: joined.id, candidates: [joined.resident.server], found: joined.resident)
        let template = try await perform(MakeMembership(.leave, room, request, network))
        let event = try await sign(template)
        try await perform(SendLeave(event, network))
    }

    private func sign(_ template: Template) async throws(End) -> OutgoingEvent {
        let signed = try await perform(
            Sign(
                template.membership, request.content, network.identity, for: template.resident.server,
                keepingIn: network.folder))
        return OutgoingEvent(signed: signed, resident: template.resident)
    }

    /// A template alone, for a join of the room by its id.
    package func makeJoin(_ roomID: RoomID) async throws(End) -> Template {
        journal.note { $0.roomID = roomID }
        let candidates = request.directoryServers
        let found = try await perform(Discover(candidates, network))
        let room = Room(id: roomID, candidates: candidates, found: found)
        return try await perform(MakeMembership(.join, room, request, network))
    }

    /// Sends a join that was signed before to `resident`, the same bytes again; `take` is given the answer as it came.
    package func sendJoin(
        _ file: EventFile, to resident: ServerName, _ take: @escaping @Sendable (Blob) -> Void
    ) async throws(End) {
        let signed = try await perform(CheckSigned(file, for: resident, network.identity))
        try await perform(SelfCheck(request, network))
        let found = try await perform(Discover([resident], network))
        let event = OutgoingEvent(signed: signed, resident: found)
        try await perform(HandOver(event, network, omitsMembers: request.omitsMembers, take))
        throw .stopped(after: .sendJoin)
    }

    /// Asks to be let in.
    package func knock() async throws(End) {
        let room = try await findRoom()
        let template = try await perform(MakeMembership(.knock, room, request, network))
        let event = try await sign(template)
        try await perform(SendKnock(event, network))
    }

    /// Which room is meant, and who may let us in.
    private func findRoom() async throws(End) -> Room {
        let discover = Discover(request.directoryServers, network, ledBy: request.leader)
        // With nobody to ask, it fails before anything is asked of anybody.
        if discover.server == nil { _ = try await perform(discover) }
        try await perform(SelfCheck(request, network))
        let found = try await perform(discover)
        return try await perform(LookUp(request, at: found, network))
    }

    private func perform<S: Step>(_ step: S) async throws(End) -> S.Output {
        if let reason = step.leftOut {
            journal.begin(step.stage, reason)
            journal.end(step.stage, .skip)
        } else {
            journal.begin(step.stage, server: step.server, step.title)
        }
        let output: S.Output
        do { output = try await step.run(journal) } catch {
            journal.end(error.stage, .fail, error)
            throw .failed(error)
        }
        if step.leftOut == nil { journal.end(step.stage, .pass) }
        if request.stopAfter == step.stage { throw .stopped(after: step.stage) }
        return output
    }
}

/// Why a handshake did not go to its end.
package enum End: Error, Sendable {
    case failed(Failure)
    /// As it was told to.
    case stopped(after: Stage)
}

/// One stage: what it needs is in its value, what it makes is its output.
protocol Step: Sendable {
    associatedtype Output: Sendable
    var stage: Stage { get }
    /// The server that the stage is about.
    var server: ServerName? { get }
    var title: String { get }
    /// Why the stage has nothing to do; it is run all the same, to hand on what it was given.
    var leftOut: String? { get }
    func run(_ journal: Journal) async throws(Failure) -> Output
}

extension Step {
    var server: ServerName? { nil }
    var leftOut: String? { nil }
}
