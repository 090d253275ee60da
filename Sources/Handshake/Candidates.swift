internal import Federation
package import Matrix

/// One server that was asked for a template, what came of it, and why the next one was asked or not.
package struct CandidateAttempt: Sendable {
    package let stage: Stage
    package let server: ServerName
    package let status: Int?
    package let errcode: Text?
    /// What failed where no answer came.
    package let fault: FailureClass?
    package let milliseconds: Double
    /// Whether the next candidate was to be asked.
    package let goesOn: Bool
    /// The rule that decided.
    package let rule: String

    /// Of the one that gave a template.
    static func served(_ stage: Stage, _ server: ServerName, _ milliseconds: Double) -> CandidateAttempt {
        CandidateAttempt(
            stage: stage, server: server, status: 200, errcode: nil, fault: nil, milliseconds: milliseconds,
            goesOn: false, rule: "a template that may be signed")
    }
}

/// Which failures let the next candidate be asked, in the order that they are looked at: Synapse's rule, and beyond it
/// a template that must be discarded, after which the specification allows to try another server (v1.18).
struct CandidateRule: Sendable {
    let words: String
    let goesOn: Bool
    let fits: @Sendable (Failure) -> Bool

    static let all: [CandidateRule] = [
        CandidateRule(words: "a wrong request of ours", goesOn: false) { $0.kind == .usage || $0.kind == .other },
        CandidateRule(words: "a template that must be discarded: another may be sound", goesOn: true) {
            $0.discardsTemplate
        },
        CandidateRule(words: "no whole answer: another may give one", goesOn: true) { $0.answer == nil },
        CandidateRule(words: "429 and 5xx: another may have room", goesOn: true) { $0.kind == .unavailable },
        CandidateRule(words: "M_NOT_FOUND: another may be in the room", goesOn: true) {
            $0.answer?.errcode == "M_NOT_FOUND"
        },
        CandidateRule(words: "cannot judge or grant a restricted join: another may", goesOn: true) {
            ["M_UNABLE_TO_AUTHORISE_JOIN", "M_UNABLE_TO_GRANT_JOIN"].contains($0.answer?.errcode?.string)
        },
        CandidateRule(words: "no homeserver's answer: another may be one", goesOn: true) { $0.answer?.errcode == nil },
        CandidateRule(words: "a refusal that speaks for the room", goesOn: false) { _ in true },
    ]

    static func of(_ failure: Failure) -> CandidateRule { all.first { $0.fits(failure) } ?? all[all.count - 1] }
}

extension Failure {
    /// How far an attempt got: a fault on the way, an answer, a template. The exit code is that of the one that got
    /// furthest, the later one among equals.
    var reach: Int {
        if discardsTemplate { return 2 }
        return answer == nil ? 0 : 1
    }

    /// The failure as one of `count` attempts, of which it got furthest.
    func ofSeveral(_ count: Int) -> Failure {
        guard count > 1 else { return self }
        var failure = self
        failure.message = "none of \(count) servers gave a template; furthest came \(message)"
        return failure
    }

    /// What is on record of it.
    func attempt(_ server: ServerName, _ milliseconds: Double) -> CandidateAttempt {
        let rule = CandidateRule.of(self)
        return CandidateAttempt(
            stage: stage, server: server, status: answer?.status, errcode: answer?.errcode,
            fault: answer == nil ? kind : nil, milliseconds: milliseconds, goesOn: rule.goesOn, rule: rule.words)
    }
}

/// How often what failed for now is tried again.
package struct Retries: Sendable, Hashable {
    package var most = 0
    /// All waits together stay below this.
    private static let longest = 300_000

    package init(most: Int = 0) { self.most = most }

    /// Whether --retry would wait so many milliseconds.
    static func waits(_ milliseconds: Int) -> Bool { milliseconds <= longest }

    /// Does `work` until it succeeds, fails for good, or was tried again as often as allowed: after 429, 5xx and faults
    /// of the connection. Waits as the answer asks, else 1, 2, 4 … seconds.
    func perform<T: Sendable>(
        _ journal: Journal, _ work: () async throws(Failure) -> T
    ) async throws(Failure) -> T {
        var waited = 0
        var tries = 0
        while true {
            do throws(Failure) { return try await work() } catch {
                let wait = error.answer?.retryAfter ?? 1000 << min(tries, 8)
                guard tries < most, error.isPassing else { throw error }
                guard waited + wait <= Self.longest else { throw error.notTriedAgain(wait, of: journal) }
                tries += 1
                waited += wait
                journal.check(
                    "retry", .warn, "\(error.message): trying again in \(wait) ms, \(tries) of \(most)",
                    server: error.server)
                // Where the run is cancelled the wait ends at once, and so does the next try.
                try? await ContinuousClock().sleep(for: .milliseconds(wait))
            }
        }
    }
}

extension Failure {
    /// The failure where --retry would have to wait too long.
    fileprivate func notTriedAgain(_ wait: Int, of journal: Journal) -> Failure {
        let words = HintForm.notTriedAgain.filled(Waiting.words(wait))
        journal.check("retry", .skip, words, server: server)
        var failure = self
        if let id = hints.first?.id { failure.hints = [Hint(id, words)] + hints.dropFirst() }
        return failure
    }

    fileprivate var isPassing: Bool { [.unavailable, .connect, .timeout].contains(kind) }
}
