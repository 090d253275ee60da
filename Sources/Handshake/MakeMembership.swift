package import Federation
package import Matrix

/// A checked template, and whose it is: the event made of it goes there and nowhere else.
package struct Template: Sendable {
    package let membership: MembershipTemplate
    package let resident: Destination
    /// The answer that it was read from.
    let answer: JSON.Object

    /// What stage 4 hands on in a file: the resident's answer, and whose it is, of which room.
    package var file: JSON.Object {
        var object = answer
        object["resident"] = .string(resident.server.text)
        object["room_id"] = .string(membership.request.roomID.text)
        return object
    }
}

/// Stage 4: a template for our event, from the first candidate that has one (server-server API, "Joining Rooms").
package struct MakeMembership: Step {
    private static let limit = 256 << 10
    private let membership: TemplateRequest.Membership
    private let room: Room
    private let request: MembershipRequest
    private let network: Network

    package init(
        _ membership: TemplateRequest.Membership, _ room: Room, _ request: MembershipRequest, _ network: Network
    ) {
        self.membership = membership
        self.room = room
        self.request = request
        self.network = network
    }

    var stage: Stage {
        switch membership {
        case .join: .makeJoin
        case .leave: .makeLeave
        case .knock: .makeKnock
        }
    }
    var server: ServerName? { candidates.first }
    var title: String { "template from \(candidates.first.map(\.description) ?? "nobody")" }

    private var candidates: [ServerName] { Array(room.candidates.prefix(max(1, request.mostCandidates))) }

    func run(_ journal: Journal) async throws(Failure) -> Template {
        var furthest: Failure?
        var asked = 0
        for server in candidates {
            asked += 1
            let began = journal.milliseconds
            do throws(Failure) {
                let template = try await network.retries.perform(journal) { () throws(Failure) in
                    try await ask(server, journal)
                }
                if furthest != nil {
                    journal.record(.candidate(.served(stage, server, journal.milliseconds - began)))
                }
                network.folder?.keep(.object(template.file), as: "\(stage.rawValue).json", journal)
                show(template, journal)
                return template
            } catch {
                let attempt = error.attempt(server, journal.milliseconds - began)
                if candidates.count > 1 { journal.record(.candidate(attempt)) }
                if error.reach >= furthest?.reach ?? 0 { furthest = error }
                guard server != candidates.last, attempt.goesOn else { break }
                journal.check("candidate", .warn, "\(error.message): next candidate", server: server)
            }
        }
        throw furthest.map { $0.ofSeveral(asked) } ?? Failure(stage, .other, "there is no server to ask")
    }

    private func ask(_ server: ServerName, _ journal: Journal) async throws(Failure) -> Template {
        let destination = try await destination(of: server, journal)
        let expected = TemplateRequest(
            membership: membership, roomID: room.id, user: request.user, resident: server,
            offered: offered)
        let answer: JSON
        do {
            answer = try await network.remote(destination).json(
                .get, target(expected), limits: network.limits(Self.limit, seconds: 20))
        } catch {
            let failure = Failure(stage, error, at: destination, us: network.identity.server)
            if failure.hints.first?.id == "not-in-room" { journal.note { $0.joined = false } }
            throw await failure.explained(by: journal, network.remote(destination), network)
        }
        do {
            let checked = try MembershipTemplate(checking: answer, for: expected)
            return Template(membership: checked, resident: destination, answer: answer.object ?? JSON.Object())
        } catch {
            throw refused(error, server, journal)
        }
    }

    private func destination(of server: ServerName, _ journal: Journal) async throws(Failure) -> Destination {
        if server == room.found.server { return room.found }
        let leader = request.leader(to: server) ?? "the directory answer of \(room.found.server)"
        do { return try await network.resolve(server, ledBy: leader, journal) } catch {
            throw Failure(stage, unresolved: error, server)
        }
    }

    /// What `ver` names; make_leave has none, and any will do.
    private var offered: [RoomVersion] {
        switch membership {
        case .join: request.versions.filter { request.invite?.versions.contains($0) ?? true }
        case .knock: request.versions.filter(\.allowsKnocking)
        case .leave: RoomVersion.all
        }
    }

    private func target(_ expected: TemplateRequest) -> RequestTarget {
        let query = membership == .leave ? [] : offered.map { (name: "ver", value: $0.id) }
        return RequestTarget(
            "/_matrix/federation/v1/make_\(membership.rawValue)", [room.id.text, request.user.text], query: query)
    }

    private func refused(_ error: MembershipTemplate.Refusal, _ server: ServerName, _ journal: Journal) -> Failure {
        var failure = fault(of: error, server, journal)
        failure.discardsTemplate = true
        return failure
    }

    private func fault(of error: MembershipTemplate.Refusal, _ server: ServerName, _ journal: Journal) -> Failure {
        guard case .field(let field, _) = error else {
            return Failure(stage, .protocol, "\(server): \(error)", server: server).explained("malformed-answer")
        }
        journal.check("template", .fail, error.description, subject: field, server: server)
        return Failure(
            stage, .check, "\(server) sent a template that must not be signed: \(error)", server: server
        ).explained("lying-template")
    }

    private func show(_ template: Template, _ journal: Journal) {
        let checked = template.membership
        journal.note {
            $0.resident = template.resident.server
            $0.roomVersion = checked.statesVersion ? checked.version : nil
        }
        checked.show(journal)
    }
}

extension MembershipTemplate {
    func show(_ journal: Journal) {
        journal.check("room_version", .pass, "room version \(statesVersion ? version.id : "1 or 2 (not said)")")
        let (auth, prev) = (authEvents.count, prevEvents.count)
        journal.check(
            "template", .pass,
            "template is our own m.room.member \(request.membership.rawValue), "
                + "\(auth) auth_event\(auth == 1 ? "" : "s"), \(prev) prev_event\(prev == 1 ? "" : "s")")
        if let authoriser {
            journal.check("authoriser", .pass, "authorised by \(authoriser)", subject: authoriser.text)
        }
    }
}
