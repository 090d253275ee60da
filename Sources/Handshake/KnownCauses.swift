internal import Federation
internal import Matrix

extension Failure {
    /// The failure of a request, explained by what else is known or can be found out: our own check, a probe of the
    /// path, a look at the certificate, a well-known file that was of no use.
    func explained(by journal: Journal, _ remote: Remote, _ network: Network) async -> Failure {
        var failure = await ProxyProbe(stage: stage, remote: remote, network: network).explain(self, journal)
        failure.tellOfOwnKey(journal)
        failure = await CertificateLook(destination: remote.destination, network: network).explain(failure, journal)
        failure.blameWellKnown(journal)
        return failure
    }

    /// What our own check found, and where our key is to be fetched from.
    private mutating func tellOfOwnKey(_ journal: Journal) {
        guard let id = hints.first?.id, Diagnosis.named(id)?.tool == .curlKey else { return }
        if let place = journal.facts.ownPlace { command = DiagnosisNames.own(place).line(.curlKey) }
        guard id == "own-key-unreachable" else { return }
        let found = journal.facts.selfCheck
        let isPublished =
            switch found {
            case .published, .untrusted: true
            case .unreachable, nil: false
            }
        // To publish it is no advice where it is published.
        let rest = hints.filter { !isPublished || !$0.text.hasPrefix("--serve-keys") }
        hints = [Hint(id, ErrorAnswer.note(found))] + rest.prefix(2)
    }

    /// Where the server could not even be reached, a well-known file of no use is the likelier cause.
    mutating func blameWellKnown(_ journal: Journal) {
        guard answer == nil, [.name, .connect, .tls, .timeout].contains(kind), let server,
            let reason = journal.facts.badWellKnown[server]
        else { return }
        let way = command
        explain(Diagnosis.named("bad-well-known"), DiagnosisNames(server))
        let note = Hint("bad-well-known", HintForm.badWellKnown.filled(server.description, reason))
        hints = [note] + hints.prefix(2)
        command = command ?? way
    }
}

/// A look at the certificate that a request did not accept, which libcurl shows of no connection that failed.
struct CertificateLook: Sendable {
    let destination: Destination
    let network: Network

    /// The failure, with the fault told as exactly as it can be from here, where TLS is at fault.
    func explain(_ failure: Failure, _ journal: Journal) async -> Failure {
        guard failure.kind == .tls, failure.answer == nil else { return failure }
        var fault = CertificateFault(failure.message, nil)
        var certificate: TLSFacts?
        if fault == .other, failure.hints.first?.id == "wrong-chain" {
            journal.check("certificate", .skip, AddressProber.looksOnce)
            certificate = await network.certificate(of: destination)
            fault = CertificateFault(failure.message, certificate)
        }
        guard let id = fault.diagnosis(of: destination) else { return failure }
        var explained = failure.explained(id, DiagnosisNames(destination))
        if let words = fault.words(certificate) { explained.message += ": \(words)" }
        return explained
    }
}
