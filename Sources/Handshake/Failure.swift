package import Federation
package import Matrix

/// The class of a failure: the ones of its exit code.
package enum FailureClass: String, Sendable, Hashable, CaseIterable {
    case other, name, connect, tls, timeout, `protocol`, refused
    case notFound = "not_found"
    case unavailable, check
    /// Something that the command line has to say first; exits with 64 in any stage.
    case usage

    package var ones: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Where the cause of a failure lies, as far as can be told.
package enum Side: String, Sendable, Hashable {
    case ours, theirs, dns, between, unknown
}

/// How a stage failed: what was wrong, where, and what next.
package struct Failure: Error, Sendable, Hashable {
    package let stage: Stage
    package let kind: FailureClass
    /// One sentence, without the stage and without a full stop. It may quote a remote: whatever prints it escapes it.
    package var message: String
    package var server: ServerName?
    package var answer: ErrorAnswer?
    package var side = Side.unknown
    package var hints: [Hint] = []
    /// A line that shows the same fault with a common tool.
    package var command: String?
    /// The signal that stopped the run.
    package var signal: Int32?
    /// Whether a template came that must be discarded.
    package var discardsTemplate = false
    /// Whether it is only that the run could not be kept.
    package var isOfSaving = false

    package init(_ stage: Stage, _ kind: FailureClass, _ message: String, server: ServerName? = nil) {
        self.stage = stage
        self.kind = kind
        self.message = message
        self.server = server
    }

    package var exit: Int {
        if let signal { return 128 + Int(signal) }
        if isOfSaving { return 74 }
        return kind == .usage ? 64 : stage.tens + kind.ones
    }
}

extension Failure {
    /// The failure of `stage` because a destination gave no result to a request of `us`.
    package init(_ stage: Stage, _ error: RemoteError, at destination: Destination, us: ServerName? = nil) {
        let server = destination.server
        var symptom: Diagnosis.Symptom
        switch error {
        case .transport(let error):
            self.init(stage, error.kind.failureClass, "\(server): \(error.description)", server: server)
            symptom = Diagnosis.Symptom(stage: stage, kind: kind, words: Text(error.description))
        case .malformed(let problem):
            self.init(stage, .protocol, "\(server): \(problem)", server: server)
            symptom = Diagnosis.Symptom(stage: stage, kind: kind, words: Text(problem))
        case .refused(let answer):
            self.init(stage, answer.failureClass, answer.sentence(of: server), server: server)
            self.answer = answer
            symptom = Diagnosis.Symptom(
                stage: stage, kind: kind, status: answer.status, errcode: answer.errcode,
                words: answer.message ?? Text(message), isPage: !answer.isJSON)
        }
        var names = DiagnosisNames(destination)
        if let us {
            names.us = us.description
            names.ours = DiagnosisNames(us).place
        }
        explain(Diagnosis.of(symptom), names)
        tellMore(error, destination)
    }
}

extension TransportError.Kind {
    package var failureClass: FailureClass {
        switch self {
        case .name: .name
        case .connect, .reset: .connect
        case .tls: .tls
        case .timeout: .timeout
        case .protocolFault, .tooLarge: .protocol
        case .blocked: .check
        case .cancelled, .other: .other
        }
    }
}

extension ErrorAnswer {
    /// A 404 without an errcode, or HTML where JSON was due, is no homeserver's word: the class is `protocol`.
    package var failureClass: FailureClass { Self.failureClass(of: status, hasErrcode: errcode != nil) }

    package static func failureClass(of status: Int, hasErrcode: Bool = true) -> FailureClass {
        switch status {
        case 429, 500..<600: .unavailable
        case 404 where hasErrcode: .notFound
        case 400..<500 where hasErrcode && status != 404: .refused
        default: .protocol
        }
    }

    func sentence(of server: ServerName) -> String {
        if let message { return "\(server) refused: \(Quoting.quoted(message, limit: 300))" }
        return "\(server) answered with status \(status)\(errcode.map { " \($0)" } ?? " and no errcode")"
    }

    /// Whether the answer means that the endpoint is not known there: 404 or 405 with `M_UNRECOGNIZED` or no body.
    package var isUnknownEndpoint: Bool {
        (status == 404 || status == 405) && (errcode == "M_UNRECOGNIZED" || isEmpty)
    }
}
