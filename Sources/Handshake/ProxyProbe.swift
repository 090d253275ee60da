internal import Federation
internal import Matrix

/// Finds out why a signature was refused: the same harmless request with a plain path and with an encoded one.
///
/// Made only after a refusal. Both ask for an alias that nobody has, which changes nothing; what counts is whether the
/// signature is accepted, not what the answer is.
struct ProxyProbe: Sendable {
    let stage: Stage
    let remote: Remote
    let network: Network

    private enum Verdict { case accepted, refused, unknown }

    /// The failure with what was found out, where that is more than it says already.
    func explain(_ failure: Failure, _ journal: Journal) async -> Failure {
        guard failure.answer?.status == 401, failure.hints.first?.id == "own-key-mismatch" else { return failure }
        let plain = await ask(Text("none"), journal)
        let encoded = await ask(Text("#%/!$:none:\(remote.server)"), journal)
        journal.check(
            "proxy_probe", plain == .accepted && encoded == .refused ? .fail : .skip,
            "a signed request with a plain target is \(plain), one with encoded characters \(encoded)",
            server: remote.server)
        guard plain == .accepted else { return failure }
        var names = DiagnosisNames(remote.destination)
        names.us = network.identity.server.description
        var explained = failure
        explained.explain(Diagnosis.named("path-rewritten"), names)
        return explained
    }

    private func ask(_ alias: Text, _ journal: Journal) async -> Verdict {
        let target = RequestTarget("/_matrix/federation/v1/query/directory", query: [("room_alias", alias)])
        do throws(RemoteError) {
            _ = try await remote.send(.get, target, limits: network.limits(65_536))
            return .accepted
        } catch {
            guard case .refused(let answer) = error else { return .unknown }
            return answer.status == 401 ? .refused : .accepted
        }
    }
}

extension ErrorAnswer {
    /// A sentence about our own key, by what stage 1 found, where the other server says that it could not fetch it.
    static func note(_ finding: SelfCheckFinding?) -> String {
        switch finding {
        case .published: "our own check could fetch it from here, so it is the way from there that fails"
        case .unreachable(_, let problem): "our own check could not fetch it either: \(problem)"
        case nil: "our own check was left out (--no-self-check)"
        }
    }
}

extension Failure {
    /// The failure of a signed request, explained by what else is known: our own check, and a probe of the path.
    func explained(by journal: Journal, _ remote: Remote, _ network: Network) async -> Failure {
        var failure = await ProxyProbe(stage: stage, remote: remote, network: network).explain(self, journal)
        if failure.hints.first?.id == "own-key-unreachable" {
            let note = Hint("own-key-unreachable", ErrorAnswer.note(journal.facts.selfCheck))
            failure.hints = [note] + failure.hints.prefix(2)
        }
        return failure
    }
}
