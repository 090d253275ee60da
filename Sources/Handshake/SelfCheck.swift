internal import Federation
internal import Matrix

/// Stage 1: is our key served as others would fetch it, and does a homeserver live under our name?
package struct SelfCheck: Step {
    let stage = Stage.identity
    let title = "can other servers fetch our key?"
    private let request: MembershipRequest
    private let network: Network
    /// Keys whose private halves are known to others.
    var leaked = VerifyKey.leaked
    private var identity: Identity { network.identity }

    package init(_ request: MembershipRequest, _ network: Network) {
        self.request = request
        self.network = network
    }

    var server: ServerName? { identity.server }
    var leftOut: String? { request.checksSelf ? nil : "left out: --no-self-check" }

    func run(_ journal: Journal) async throws(Failure) {
        guard request.checksSelf else { return }
        let destination: Destination
        do { destination = try await network.resolve(identity.server, journal) } catch {
            return warn(journal, error.isTimeout ? .timeout : .name, "\(error.host): \(error.description)")
        }
        do throws(Failure) { try await look(at: destination, journal) } catch {
            var failure = error
            if failure.kind != .usage {
                let id = failure.hints.first?.id ?? ""
                failure.hints = failure.hints.prefix(2) + [Hint(id, HintForm.withoutSelfCheck.filled())]
            }
            throw failure
        }
    }

    /// The key and the homeserver at the place where our name leads.
    func look(at destination: Destination, _ journal: Journal) async throws(Failure) {
        journal.note { $0.ownPlace = destination }
        let remote = network.remote(destination)
        try await checkKey(remote, journal)
        try await checkHomeserver(remote, journal)
    }

    /// Not to be reached is a warning, since a server behind its own NAT often cannot reach itself. A certificate that
    /// fails, no key or another key than ours stops the run: no other server would believe us.
    private func checkKey(_ remote: Remote, _ journal: Journal) async throws(Failure) {
        let limits = network.limits(65_536)
        let document: JSON
        do { document = try await remote.open(RequestTarget("/_matrix/key/v2/server"), limits: limits) } catch {
            switch error {
            case .transport(let error) where [.name, .connect, .timeout].contains(error.kind.failureClass):
                return warn(journal, error.kind.failureClass, error.description)
            case .refused(let answer) where answer.status == 404:
                throw failure(
                    .notFound, "our key is not published at \(remote.destination.place) (404)", at: remote.destination)
            default:
                var failure = Failure(stage, error, at: remote.destination)
                failure.side = .ours
                throw failure
            }
        }
        try check(document, journal, remote.destination)
    }

    private func check(_ document: JSON, _ journal: Journal, _ place: Destination) throws(Failure) {
        func failure(_ message: String, _ cause: String = "own-key-unpublished") -> Failure {
            self.failure(.check, message, cause, at: place)
        }
        let published: ServerKeys
        do { published = try ServerKeys(document, of: identity.server) } catch {
            throw failure("the key document of \(identity.server) is not valid: \(error)")
        }
        guard let known = published.keys[identity.key.id], case .until(let end) = known.validity else {
            let ids = published.keys.keys.sorted().map(\.description).joined(separator: ", ")
            throw failure(
                "\(identity.server) publishes \(ids), and not our \(identity.key.id)", "own-key-mismatch")
        }
        guard known.key == identity.key.publicKey else {
            throw failure(
                "\(identity.server) publishes another key than ours as \(identity.key.id)", "own-key-mismatch")
        }
        guard !leaked.contains(known.key) else {
            throw failure(
                "our key \(identity.key.id) is known to have leaked: homeservers refuse it", "key-banned")
        }
        let left = end - WallClock.now()
        guard left > 0 else { throw failure("the key document of \(identity.server) is no longer valid") }
        journal.note { $0.selfCheck = request.servesThrowawayCertificate ? .untrusted : .published }
        journal.check(
            "own_key", .pass, "\(identity.key.id) is published, equals the local key, valid for \(Self.span(left))",
            subject: identity.key.id.text, server: identity.server)
        if request.servesThrowawayCertificate {
            journal.check(
                "own_certificate", .warn, "our certificate was made at start: servers that verify TLS refuse it",
                server: identity.server)
        }
    }

    /// A homeserver that runs under our name would not know of a membership that we make in it.
    private func checkHomeserver(_ remote: Remote, _ journal: Journal) async throws(Failure) {
        let target = RequestTarget("/_matrix/federation/v1/version")
        guard let answer = try? await remote.open(target, limits: network.limits(65_536)),
            let name = answer["server"]?["name"]?.text, name != Text(Tool.name)
        else { return }
        let version = answer["server"]?["version"]?.text.map { " \($0)" } ?? ""
        guard request.changesRoom, !request.isForced else {
            return journal.check(
                "homeserver", request.changesRoom ? .warn : .pass,
                "a homeserver answers as \(identity.server): \(name)\(version)", server: identity.server)
        }
        throw failure(
            .usage, "a homeserver answers as \(identity.server) (\(name)\(version)), and would not know of the change"
        ).explained("own-homeserver")
    }

    private func warn(_ journal: Journal, _ kind: FailureClass, _ problem: String) {
        journal.note { $0.selfCheck = .unreachable(kind, problem) }
        journal.check(
            "own_key", .warn, "our key could not be fetched from here: \(problem)", subject: identity.key.id.text,
            server: identity.server)
    }

    private func failure(
        _ kind: FailureClass, _ message: String, _ cause: String = "own-key-unpublished", at place: Destination? = nil
    ) -> Failure {
        Failure(stage, kind, message, server: identity.server)
            .explained(cause, place.map { .own($0) } ?? .own(identity.server))
    }

    /// `6d 23h`, `23h 59m`, `59m`.
    static func span(_ milliseconds: Int) -> String {
        // To the nearest, so that a day that has just begun is one.
        let minutes = (milliseconds + 30_000) / 60_000
        let (days, hours) = (minutes / 1440, minutes / 60 % 24)
        if days > 0 { return "\(days)d \(hours)h" }
        return hours > 0 ? "\(hours)h \(minutes % 60)m" : "\(minutes)m"
    }
}
