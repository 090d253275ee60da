internal import Federation
internal import Matrix

/// Finds out why a signature was refused: the same harmless request with a plain path and with an encoded one.
///
/// Made only after a refusal. Both ask for the state of a room that nobody has, which changes nothing; what counts is
/// whether the signature is accepted, not what the answer is. A proxy may decode the path, the query, or both, and drop what comes
/// twice in a query: the encoded request has them all.
struct ProxyProbe: Sendable {
    let stage: Stage
    let remote: Remote
    let network: Network

    private enum Verdict { case accepted, refused, unknown }

    /// The failure with what was found out, where that is more than it says already.
    func explain(_ failure: Failure, _ journal: Journal) async -> Failure {
        guard failure.answer?.status == 401, failure.hints.first?.id == "own-key-mismatch" else { return failure }
        let plain = await ask(plainTarget, journal)
        let encoded = await ask(encodedTarget, journal)
        journal.check(
            "proxy_probe", plain == .accepted && encoded != .accepted ? .fail : .skip,
            "a signed request with a plain target is \(plain), one with encoded characters \(encoded)",
            server: remote.server)
        guard plain == .accepted, encoded != .accepted else { return failure }
        var names = DiagnosisNames(remote.destination)
        names.us = network.identity.server.description
        var explained = failure
        explained.explain(Diagnosis.named("path-rewritten"), names)
        return explained
    }

    private static let path = "/_matrix/federation/v1/state_ids"

    /// Every character of it may stand in a URL as it is.
    private var plainTarget: RequestTarget {
        RequestTarget(verbatim: "\(Self.path)/!none:\(remote.server)?event_id=$none")
    }

    private var encodedTarget: RequestTarget {
        RequestTarget(
            Self.path, [Text("!none/%:\(remote.server)")],
            query: [("event_id", Text("$none/ %:")), ("event_id", Text("$none"))])
    }

    /// An answer without an error code is none of a homeserver's: what stands before it refused. A path that the
    /// homeserver does not know has been changed.
    private func ask(_ target: RequestTarget, _ journal: Journal) async -> Verdict {
        do throws(RemoteError) {
            _ = try await remote.send(.get, target, limits: network.limits(65_536))
            return .accepted
        } catch {
            guard case .refused(let answer) = error else { return .unknown }
            if answer.status == 401 { return .refused }
            return answer.errcode == nil || answer.errcode == "M_UNRECOGNIZED" ? .unknown : .accepted
        }
    }
}

extension ErrorAnswer {
    /// A sentence about our own key, by what stage 1 found, where the other server says that it could not fetch it.
    static func note(_ finding: SelfCheckFinding?) -> String {
        switch finding {
        case .published: HintForm.ownKeyPublished.filled()
        case .untrusted: HintForm.ownKeyUntrusted.filled()
        case .unreachable(_, let problem): HintForm.ownKeyUnreachable.filled(problem)
        case nil: HintForm.ownKeyNotLookedAt.filled()
        }
    }
}
