internal import Federation
package import Matrix

/// Stage 1 as a command of its own: our name and key as strangers see them, and as other servers have them.
package struct SelfView: Sendable {
    private let request: MembershipRequest
    private let network: Network
    private let journal: Journal
    private var own: ServerName { network.identity.server }

    package init(_ request: MembershipRequest, _ network: Network, _ journal: Journal) {
        self.request = request
        self.network = network
        self.journal = journal
    }

    /// Looks at our name and key as anybody would, then asks each of `notaries` for the key: the view from outside.
    package func run(notaries: [ServerName]) async throws(Failure) {
        let check = SelfCheck(request, network)
        journal.begin(.identity, server: own, check.title)
        do throws(Failure) {
            try await look(check)
            for notary in notaries { try await NotaryView(notary, network, journal).ask() }
            journal.compareClocks()
            journal.end(.identity, .pass)
        } catch {
            journal.end(.identity, .fail, error)
            throw error
        }
    }

    /// Every rule, every address, the key, and who else answers there.
    private func look(_ check: SelfCheck) async throws(Failure) {
        let probe = ServerProbe(.identity, own, network, journal)
        let destination = try await probe.decide()
        let survey = await probe.survey(destination)
        do throws(Failure) { try await check.look(at: destination, journal) } catch {
            throw exact(error, survey)
        }
        if case .unreachable(let kind, let problem) = journal.facts.selfCheck {
            var failure = Failure(.identity, kind, problem, server: own).explained("own-name-dead", .own(destination))
            failure.blameWellKnown(journal)
            failure.side = .ours
            throw failure
        }
        tellOfHomeserver(survey)
    }

    /// What is wrong with a certificate, the survey knows better.
    private func exact(_ failure: Failure, _ survey: AddressSurvey) -> Failure {
        guard failure.kind == .tls, var exact = survey.failure, exact.kind == .tls else { return failure }
        exact.side = .ours
        return exact
    }

    /// A homeserver that answers has been told of by the check of its own.
    private func tellOfHomeserver(_ survey: AddressSurvey) {
        let names = Set(survey.probes.compactMap(\.software))
        guard names.subtracting([Text(Tool.name)]).isEmpty else { return }
        let words =
            survey.hasAnswer
            ? "no homeserver answers as \(own): the key is served by \(names.isEmpty ? "something that does not say its name" : Tool.name)"
            : "nothing answers /version as \(own), which other servers can do without"
        journal.check("homeserver", survey.hasAnswer ? .pass : .warn, words, server: own)
    }
}

/// What another server has of our key.
private struct NotaryView: Sendable {
    private static let mostDocuments = 20
    let notary: ServerName
    let network: Network
    let journal: Journal

    init(_ notary: ServerName, _ network: Network, _ journal: Journal) {
        self.notary = notary
        self.network = network
        self.journal = journal
    }

    /// `GET /_matrix/key/v2/query/{our name}` of a notary (server-server API, "Querying Keys Through Another Server").
    func ask() async throws(Failure) {
        let destination: Destination
        do { destination = try await network.resolve(notary, journal) } catch {
            return warn("\(error.host): \(error.description)")
        }
        let remote = network.remote(destination)
        let answer: JSON
        do {
            answer = try await remote.open(
                RequestTarget("/_matrix/key/v2/query", [network.identity.server.text]),
                limits: network.limits(256 << 10, seconds: 30))
        } catch {
            return warn(Failure(.identity, error, at: destination).message)
        }
        let documents = (answer["server_keys"]?.array ?? []).prefix(Self.mostDocuments)
        let held = documents.compactMap { try? ServerKeys($0, of: network.identity.server) }
        guard held.count == documents.count else {
            return warn("what it has of us is not signed by the key that it names, or is no key document")
        }
        try compare(held)
        await checkItsSignature(held, remote)
    }

    private func compare(_ held: [ServerKeys]) throws(Failure) {
        let own = network.identity
        guard let document = held.first(where: { $0.keys[own.key.id] != nil }), let known = document.keys[own.key.id]
        else {
            let ids = Set(held.flatMap(\.keys.keys)).sorted().map(\.description).joined(separator: ", ")
            return warn(
                ids.isEmpty
                    ? "it has no key of ours: it could not fetch it"
                    : "it has \(ids) of ours, and not \(own.key.id): it has not fetched our key lately")
        }
        guard held.allSatisfy({ $0.keys[own.key.id].map { $0.key == own.key.publicKey } ?? true }) else {
            throw Failure(.identity, .check, "\(notary) has another key of ours as \(own.key.id)", server: notary)
                .explained("own-key-mismatch", .own(own.server))
        }
        guard case .until(let end) = known.validity, end > WallClock.now() else {
            return warn("its copy of our \(own.key.id) is no longer valid: it could not fetch it anew")
        }
        journal.check("notary", .pass, "\(notary) has our \(own.key.id), and it equals the local key", server: notary)
    }

    /// The second signature is the notary's own, by a key that we fetch of itself.
    private func checkItsSignature(_ held: [ServerKeys], _ remote: Remote) async {
        guard !held.isEmpty else { return }
        let keys: ServerKeys
        do {
            let document = try await remote.open(
                RequestTarget("/_matrix/key/v2/server"), limits: network.limits(65_536))
            keys = try ServerKeys(document, of: notary)
        } catch {
            return journal.check(
                "notary_signature", .skip, "\(notary): its own key could not be had, so its signature is not checked",
                server: notary)
        }
        let isSigned = held.allSatisfy { held in
            SignedJSON.isSigned(held.document, by: notary, keys.keys, now: WallClock.now())
        }
        journal.check(
            "notary_signature", isSigned ? .pass : .warn,
            isSigned
                ? "signed by us and by \(notary)"
                : "\(notary) has not signed what it has of us by its own key: others would not believe it",
            server: notary)
    }

    private func warn(_ problem: String) {
        let words = problem.hasPrefix("\(notary)") ? problem : "\(notary): \(problem)"
        journal.check("notary", .warn, words, server: notary)
    }
}
