package import Federation
package import Matrix

/// Where a server name leads by each rule, and whether a homeserver answers at each address of the way found.
package struct ServerProbe: Sendable {
    /// How many addresses are asked at most.
    private static let mostAddresses = 40

    private let stage: Stage
    private let server: ServerName
    private let network: Network
    private let journal: Journal

    package init(_ server: ServerName, _ network: Network, _ journal: Journal) {
        self.init(.discovery, server, network, journal)
    }

    /// As part of `stage`, which gives the exit codes.
    init(_ stage: Stage, _ server: ServerName, _ network: Network, _ journal: Journal) {
        self.stage = stage
        self.server = server
        self.network = network
        self.journal = journal
    }

    /// Fails where no address of the way found answers as a homeserver with a certificate that holds.
    package func run() async throws(Failure) {
        journal.begin(stage, server: server, server.description)
        journal.note { $0.resident = server }
        do throws(Failure) {
            let survey = await survey(try await decide())
            guard survey.hasAnswer else { throw survey.failure ?? noAddress }
            journal.compareClocks()
            journal.end(stage, .pass)
        } catch {
            var failure = error
            failure.blameWellKnown(journal)
            journal.end(stage, .fail, failure)
            throw failure
        }
    }

    private var noAddress: Failure {
        guard let family = network.missingFamily else {
            return Failure(stage, .name, "\(server) has no address", server: server)
                .explained("no-address", DiagnosisNames(server))
        }
        return Failure(stage, .name, "\(server) has no \(family)", server: server)
            .explained("family-excluded", DiagnosisNames(server))
    }

    // MARK: The rules

    /// Shows what every rule makes of the name, and returns where the first that decides leads.
    func decide() async throws(Failure) -> Destination {
        do throws(Discovery.Failure) { try Discovery.checkIsName(Text(server.urlHost)) } catch {
            throw Failure(stage, unresolved: error, server)
        }
        let findings = await network.discovery.findings(
            server, network.policy(of: server, nil), goesOn: true, journal.notice)
        guard let at = findings.firstIndex(where: \.isDecisive) else {
            throw Failure(stage, .name, "\(server): no rule leads anywhere", server: server)
        }
        for (i, finding) in findings.enumerated() {
            journal.record(.rule(RuleFinding(stage, server, finding, i < at ? .before : i == at ? .decisive : .after)))
        }
        return try destination(findings[at])
    }

    private func destination(_ finding: Discovery.Finding) throws(Failure) -> Destination {
        switch finding.outcome {
        case .failed(let failure): throw Failure(stage, unresolved: failure, server)
        case .notFound(let reason): throw Failure(stage, .name, "\(server): \(reason)", server: server)
        case .found(let destination):
            journal.record(.resolved(stage, destination))
            if ["3.4", "5"].contains(finding.rule) {
                journal.check(
                    "srv_deprecated", .warn,
                    "only the deprecated SRV record _matrix._tcp leads there: add "
                        + "_matrix-fed._tcp.\(destination.certificateHost)", server: server)
            }
            return destination
        }
    }

    // MARK: The addresses

    /// Asks each address of each place for the homeserver's version.
    func survey(_ destination: Destination) async -> AddressSurvey {
        var prober = AddressProber(stage: stage, destination: destination, network: network, journal: journal)
        var survey = AddressSurvey()
        for place in network.places(of: destination) {
            let addresses: [Text]
            do { addresses = try await network.addresses(of: place, destination, journal) } catch {
                journal.check("address", .fail, "\(place.host): \(error.description)", server: server)
                survey.add(Failure(stage, unresolved: error, server))
                continue
            }
            prober.destination.addresses = addresses
            for address in addresses where isAsked(address, survey) {
                survey.add(await prober.probe(place, address))
            }
        }
        compareFamilies(survey)
        return survey
    }

    private func isAsked(_ address: Text, _ survey: AddressSurvey) -> Bool {
        guard network.wants(address) else {
            journal.check("address", .skip, "\(address): left out by -4 or -6", subject: address, server: server)
            return false
        }
        guard survey.probes.count < Self.mostAddresses else {
            journal.check(
                "address", .skip, "\(address): left out, as \(Self.mostAddresses) were asked", subject: address,
                server: server)
            return false
        }
        return true
    }

    /// A family of which nothing answers is what some servers will try first, and wait for.
    private func compareFamilies(_ survey: AddressSurvey) {
        for family in [AddressProbe.Family.v4, .v6] {
            let (answering, all) = survey.count(family)
            guard all > 0 else { continue }
            let isDead = answering == 0 && survey.hasAnswer
            journal.check(
                "family", answering == all ? .pass : answering == 0 && !isDead ? .fail : .warn,
                "IP\(family.rawValue): \(answering) of \(all) addresses answer\(isDead ? ": servers that try it first wait in vain" : "")",
                subject: Text(family.rawValue), server: server)
        }
    }
}

/// What one rule makes of a server name, and whether it counts.
package struct RuleFinding: Sendable {
    package enum Role: String, Sendable, Hashable {
        /// It led nowhere, so that the next one counts.
        case before
        case decisive
        /// What would have counted had the rules before found nothing.
        case after
    }

    package let stage: Stage
    package let server: ServerName
    package let finding: Discovery.Finding
    package let role: Role

    init(_ stage: Stage, _ server: ServerName, _ finding: Discovery.Finding, _ role: Role) {
        self.stage = stage
        self.server = server
        self.finding = finding
        self.role = role
    }
}
