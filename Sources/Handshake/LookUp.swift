package import Federation
package import Matrix

/// A room, and who may be able to let us in.
package struct Room: Sendable {
    package let id: RoomID
    /// In the order to ask them.
    package let candidates: [ServerName]
    /// A server that was found already.
    package let found: Destination

    package init(id: RoomID, candidates: [ServerName], found: Destination) {
        self.id = id
        self.candidates = candidates
        self.found = found
    }
}

/// Stage 3: which room an alias stands for, and which servers are in it (server-server API, "Directory").
package struct LookUp: Step {
    let stage = Stage.directory
    private static let limit = 1 << 20
    private static let mostServers = 10_000

    private let request: MembershipRequest
    private let found: Destination
    private let network: Network

    package init(_ request: MembershipRequest, at found: Destination, _ network: Network) {
        self.request = request
        self.found = found
        self.network = network
    }

    var server: ServerName? { leftOut == nil ? found.server : nil }
    var title: String { "ask \(found.server) for \(request.room.text)" }
    var leftOut: String? {
        guard case .id = request.room.room else { return nil }
        return request.takesRoomOfInvite ? "left out: the invite names the room" : "left out: a room id was given"
    }

    func run(_ journal: Journal) async throws(Failure) -> Room {
        let room = try await look(journal)
        guard let invite = request.invite else { return room }
        guard room.id == invite.roomID else {
            throw Failure(
                stage, .check, "\(request.room.text) is \(room.id), and the invite is to \(invite.roomID)",
                server: found.server)
        }
        journal.check(
            "invite", .pass, "\(invite.sender) invites \(invite.user) to \(invite.roomID)", subject: invite.id.text,
            server: invite.sender.server)
        if !invite.shown.entries.isEmpty { journal.show(invite.shown) }
        return room
    }

    private func look(_ journal: Journal) async throws(Failure) -> Room {
        switch request.room.room {
        case .id(let id):
            journal.note { $0.roomID = id }
            let servers = request.directoryServers
            return Room(id: id, candidates: servers, found: found)
        case .alias(let alias):
            let (id, servers) = try await network.retries.perform(journal) { () throws(Failure) in
                try await ask(for: alias, journal)
            }
            journal.note { $0.roomID = id }
            journal.check(
                "alias", .pass, "\(id), \(servers.count) server\(servers.count == 1 ? "" : "s") in the room",
                subject: id.text)
            return Room(id: id, candidates: try candidates(alias, servers), found: found)
        }
    }

    private func ask(for alias: RoomAlias, _ journal: Journal) async throws(Failure) -> (RoomID, [ServerName]) {
        let target = RequestTarget(
            "/_matrix/federation/v1/query/directory", query: [("room_alias", alias.text)])
        let answer: JSON
        do {
            answer = try await network.remote(found).json(.get, target, limits: network.limits(Self.limit))
        } catch {
            throw await failure(error, alias).explained(by: journal, network.remote(found), network)
        }
        network.folder?.keep(answer, as: "directory.json", journal)
        guard let id = answer["room_id"]?.text.flatMap({ RoomID($0) }) else {
            throw malformed("its answer has no room_id that is one")
        }
        guard let servers = answer["servers"]?.array, servers.count <= Self.mostServers else {
            throw malformed("its answer has no list of servers, or one of more than \(Self.mostServers)")
        }
        // What is no server name cannot be asked: it is passed over, as the list is a list of hints.
        return (id, servers.compactMap { $0.text.flatMap { ServerName($0) } })
    }

    /// `--via` first, then the inviter's server, then the alias's server where it is resident, then the list; each once, ourselves left out.
    private func candidates(_ alias: RoomAlias, _ servers: [ServerName]) throws(Failure) -> [ServerName] {
        let resident = servers.contains(alias.server) ? [alias.server] : []
        let candidates = request.candidates(resident + servers)
        guard !candidates.isEmpty else {
            var failure = Failure(
                stage, .check, "\(found.server) knows the room but names no other server in it", server: found.server
            ).explained("no-candidates")
            // An alias was given.
            failure.hints.removeAll { $0.text.hasPrefix("or give an alias") }
            throw failure
        }
        return candidates
    }

    private func failure(_ error: RemoteError, _ alias: RoomAlias) -> Failure {
        let failure = Failure(stage, error, at: found, us: network.identity.server)
        guard case .refused(let answer) = error, answer.status == 404, answer.errcode == "M_NOT_FOUND" else {
            return failure
        }
        var named = Failure(
            stage, .notFound, "\(found.server) has no alias \(alias) (404 M_NOT_FOUND)",
            server: found.server)
        named.answer = answer
        named.side = .theirs
        named.hints = failure.hints
        return named
    }

    private func malformed(_ problem: String) -> Failure {
        var failure = Failure(stage, .protocol, "\(found.server): \(problem)", server: found.server)
        failure.side = .theirs
        return failure
    }
}
