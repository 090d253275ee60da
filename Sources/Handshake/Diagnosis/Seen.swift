internal import Federation
package import Matrix

extension Diagnosis {
    /// Where a cause shows, for whoever has an exit status or an errcode alone: what its patterns leave open.
    package struct Seen: Sendable {
        package let stages: [Stage]
        package let kinds: [FailureClass]
        package let errcodes: [Text]

        init(_ stages: [Stage], _ kinds: [FailureClass], _ errcodes: [Text] = []) {
            self.stages = stages
            self.kinds = kinds
            self.errcodes = errcodes
        }

        /// Whether a run may end with that status because of it.
        package func mayExit(_ status: Int) -> Bool {
            stages.contains { stage in kinds.contains { Failure(stage, $0, "").exit == status } }
        }
    }

    /// Empty for what is a warning alone.
    package var seen: [Seen] { Self.places[id] ?? patterns.map { $0.seen } }

    private static let signed: [Stage] = [.directory, .request] + membership
    private static let membership: [Stage] = Stage.makes + Stage.sends
    fileprivate static let requests: [Stage] = [.identity, .discovery, .keys] + signed

    private static let unauthorised = [Seen(signed, [.refused], ["M_UNAUTHORIZED"])]
    private static let forbidden = [Seen(membership, [.refused], ["M_FORBIDDEN"])]
    private static let absent = [Seen(membership, [.notFound], ["M_NOT_FOUND"])]
    private static let sentInVain = [Seen(Stage.sends, [.refused], ["M_FORBIDDEN"])]
    private static let certificate = [Seen(requests, [.tls])]

    /// Of the causes whose patterns are words, or that a check of our own finds.
    private static let places: [String: [Seen]] = [
        "own-key-unreachable": unauthorised + sentInVain,
        "own-key-mismatch": unauthorised + sentInVain + [Seen([.identity], [.check])],
        "path-rewritten": unauthorised,
        "header-stripped": unauthorised,
        "wrong-destination": unauthorised,
        "signature-refused": unauthorised,
        "key-banned": unauthorised + [Seen([.identity, .keys], [.check])],
        "user-not-ours": forbidden,
        "federation-denied": [Seen(signed, [.refused], ["M_FORBIDDEN"])],
        "forbidden": [Seen(signed, [.refused], ["M_FORBIDDEN"])],
        "bad-request": [Seen(signed, [.refused], ["M_BAD_JSON", "M_NOT_JSON", "M_UNKNOWN", "M_INVALID_PARAM"])],
        "not-invited": forbidden, "no-knocking": forbidden, "no-need-to-knock": forbidden, "server-acl": forbidden,
        "not-in-room": [Seen([.makeLeave, .sendLeave], [.refused], ["M_FORBIDDEN"])],
        "banned": forbidden, "unfederated": forbidden,
        "restricted-no-membership": forbidden,
        "restricted-cannot-check": [Seen(membership, [.refused], ["M_UNABLE_TO_AUTHORISE_JOIN"])],
        "restricted-cannot-grant": [Seen(membership, [.refused], ["M_UNABLE_TO_GRANT_JOIN"])],
        "room-version": [
            Seen([.makeJoin, .makeKnock], [.refused], ["M_INCOMPATIBLE_ROOM_VERSION", "M_UNSUPPORTED_ROOM_VERSION"])
        ],
        "alias-not-found": [Seen([.directory], [.notFound], ["M_NOT_FOUND"])],
        "partial-state": absent + [Seen(membership, [.refused], ["ORG.MATRIX.MSC3895_UNABLE_DUE_TO_PARTIAL_STATE"])],
        "left-room": absent,
        "room-unknown": absent,
        "policy-refused": sentInVain, "auth-events-missing": sentInVain, "join-rejected": sentInVain,
        "rate-limited": [Seen(requests, [.unavailable], ["M_LIMIT_EXCEEDED"])],
        "no-federation": [Seen(requests, [.notFound, .refused], ["M_UNRECOGNIZED"])],
        "server-error": [Seen(requests, [.unavailable], ["M_UNKNOWN"])],
        "missing-intermediate": certificate, "unknown-authority": certificate,
        "own-key-unpublished": [Seen([.identity], [.notFound, .check, .protocol, .refused, .unavailable])],
        "own-homeserver": [Seen([.identity], [.usage])],
        "lying-template": [Seen(Stage.makes + [.sign], [.check])],
        "event-not-ours": [Seen([.sign], [.check])],
        "no-candidates": [Seen([.discovery], [.usage]), Seen([.directory], [.check])],
        "bad-well-known": [Seen(requests, [.name, .connect, .tls, .timeout])],
        "joined-unseen": [
            Seen([.sendJoin], [.connect, .timeout, .unavailable, .protocol, .tls, .other])
        ],
        "outcome-unknown": [
            Seen(Stage.sends, [.connect, .timeout, .unavailable, .protocol, .tls, .other])
        ],
        "key-document-invalid": [Seen([.keys, .verify], [.check])],
        "key-document-expired": [Seen([.keys], [.check])],
        "keys-differ": [Seen([.keys], [.check])],
        "keys-not-given": [Seen([.verify], [.check])],
        "answer-unusable": [Seen([.verify], [.protocol])],
        "strict-warning": [Seen([.verify], [.check])],
    ]
}

extension Diagnosis.Pattern {
    fileprivate var seen: Diagnosis.Seen {
        let classes = Set(statuses.map { ErrorAnswer.failureClass(of: $0) })
        let shown =
            !kinds.isEmpty ? kinds : classes.isEmpty ? [.refused] : FailureClass.allCases.filter(classes.contains)
        return Diagnosis.Seen(stages.isEmpty ? Diagnosis.requests : stages, shown, errcodes)
    }
}
