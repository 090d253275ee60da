package import Federation
package import Matrix

/// Takes invites of one of our users (server-server API, "Inviting to a room", v1 and v2): each is checked in every field,
/// then by its server's keys, and only then our signature is put beside the one that it has.
package final class InviteDesk: Sendable {
    /// What became of a request.
    package enum Outcome: Sendable {
        /// Signed, and what to keep of it.
        case taken(Invite, file: JSON)
        case refused(origin: ServerName?, status: Int, why: String)
    }

    /// How long a request's body may be: an event, and what is shown of the room.
    package static let largestBody = 1 << 20
    /// Whoever has a domain can invite; what is kept of it must not fill a disk.
    private static let mostTaken = 100

    private let user: UserID
    private let key: SigningKey
    private let keys: KeySource
    private let keep: @Sendable (Outcome) -> Bool
    private let taken = Locked<Set<[UInt8]>>([])

    /// `keep` hears of every outcome, and says whether it has kept what was taken: what it has not is not answered. All
    /// closures are called on threads of the server's, and may block.
    package init(
        _ user: UserID, _ identity: Identity, keys: @escaping KeySource, keep: @escaping @Sendable (Outcome) -> Bool
    ) {
        self.user = user
        key = identity.key
        self.keys = keys
        self.keep = keep
    }

    /// Nil where the request is not for an invite.
    package func answer(_ request: ServerRequest, _ path: Text) -> ServerAnswer? {
        guard request.method == "PUT", let place = Place(path) else { return nil }
        var origin: ServerName?
        do throws(Denial) {
            let check = RequestCheck(server: user.server, keys: keys)
            let claim = try check.claim(of: request)
            origin = claim.origin
            // What needs nobody's keys comes first: to ask for keys is work that a stranger makes us do.
            let invite = try invite(claim, place)
            try checkRoom(for: invite)
            try check.check(claim, of: request)
            let event = try countersigned(invite)
            guard keep(.taken(invite, file: invite.file(event))) else {
                throw Denial(status: 500, errcode: "M_UNKNOWN", words: "The invite could not be kept")
            }
            return .json(200, place.isV1 ? [200, ["event": .object(event)]] : ["event": .object(event)])
        } catch {
            _ = keep(.refused(origin: origin, status: error.status, why: error.words))
            return error.answer
        }
    }

    private func invite(_ claim: RequestCheck.Claim, _ place: Place) throws(Denial) -> Invite {
        do {
            return try Invite(
                asking: claim.content, isV1: place.isV1, room: place.room, event: place.event, from: claim.origin,
                for: user)
        } catch {
            var denial = Denial(status: 400, errcode: error.errcode, words: "\(error)")
            if error.field == "room_version", let version = claim.content?["room_version"]?.text {
                denial.more["room_version"] = .string(version)
            }
            throw denial
        }
    }

    private func checkRoom(for invite: Invite) throws(Denial) {
        let hasRoom = taken.withLock { $0.count < Self.mostTaken || $0.contains(invite.hash) }
        guard hasRoom else { throw .forbidden("No more invites are taken") }
    }

    private func countersigned(_ invite: Invite) throws(Denial) -> JSON.Object {
        let verified: VerifiedInvite
        do throws(Invite.Refusal) {
            verified = try VerifiedInvite(invite, keys: keys(invite.sender.server), now: WallClock.now())
        } catch {
            throw Denial(status: 403, errcode: "M_FORBIDDEN", words: "\(error)")
        }
        guard let event = try? key.countersign(verified) else { throw .badJSON("The event is no canonical JSON") }
        taken.withLock { _ = $0.insert(invite.hash) }
        return event
    }

    /// `/_matrix/federation/vN/invite/{roomId}/{eventId}`
    private struct Place {
        let isV1: Bool
        let room: Text
        let event: Text

        init?(_ path: Text) {
            let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let texts = segments.map { PercentEncoding.decode($0) ?? "" }
            guard texts.count == 7, texts[0...2] == ["", "_matrix", "federation"], texts[4] == "invite",
                ["v1", "v2"].contains(texts[3])
            else { return nil }
            isV1 = texts[3] == "v1"
            room = texts[5]
            event = texts[6]
        }
    }
}

/// The keys of servers that ask for something: fetched of themselves, wherever a stranger may lead us.
package struct AskersKeys: Sendable {
    private let fetch: KeyFetch

    package init(_ network: Network, _ journal: Journal) {
        fetch = KeyFetch(
            network: network, resident: nil, journal: journal, leader: "a request that came in under its name")
    }

    /// None where they cannot be had, and then why.
    package func keys(of server: ServerName) async -> (keys: [KeyID: KnownKey], problem: String?) {
        switch await fetch.direct(server) {
        case .success(let entry): (entry.keys, nil)
        case .failure(let failure): ([:], failure.message)
        }
    }
}
