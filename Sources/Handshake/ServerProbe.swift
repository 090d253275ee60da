internal import Federation
package import Matrix

/// Where a server name leads by each rule, and whether a homeserver answers at each address of the way found.
package struct ServerProbe: Sendable {
    private let server: ServerName
    private let network: Network
    private let journal: Journal

    package init(_ server: ServerName, _ network: Network, _ journal: Journal) {
        self.server = server
        self.network = network
        self.journal = journal
    }

    /// Fails where no address of the way found answers as a homeserver with a certificate that holds.
    package func run() async throws(Failure) {
        journal.begin(.discovery, server: server, server.description)
        journal.note { $0.resident = server }
        do throws(Failure) {
            let destination = try await decide()
            try await probe(destination)
            journal.end(.discovery, .pass)
        } catch {
            journal.end(.discovery, .fail, error)
            throw error
        }
    }

    /// Shows what every rule makes of the name, and returns what the first that decides has.
    private func decide() async throws(Failure) -> Destination {
        let findings = await network.discovery.findings(server, .anywhere, goesOn: true, journal.notice)
        guard let at = findings.firstIndex(where: \.isDecisive) else {
            throw Failure(.discovery, .name, "\(server): no rule leads anywhere", server: server)
        }
        for finding in findings[..<at] { journal.check("rule", .skip, "rule \(finding.rule): \(Self.words(finding))") }
        switch findings[at].outcome {
        case .found(let destination):
            journal.record(.resolved(.discovery, destination))
            for later in findings[(at + 1)...] {
                journal.check("rule", .skip, "rule \(later.rule) would have given: \(Self.words(later))")
            }
            return destination
        case .failed(let failure): throw Failure(.discovery, unresolved: failure, server)
        case .notFound(let reason): throw Failure(.discovery, .name, "\(server): \(reason)", server: server)
        }
    }

    private static func words(_ finding: Discovery.Finding) -> String {
        switch finding.outcome {
        case .found(let destination): "\(destination.place), certificate \(destination.certificateHost)"
        case .notFound(let reason): reason
        case .failed(let failure): "\(failure.host): \(failure.description)"
        }
    }

    /// Asks each address of each place for the homeserver's version, and needs one that answers.
    private func probe(_ destination: Destination) async throws(Failure) {
        var first: Failure?
        var answered = 0
        for place in destination.places {
            let addresses: [Text]
            do { addresses = try await network.addresses(of: place, journal) } catch {
                journal.check("address", .fail, "\(place.host): \(error.description)", server: server)
                first = first ?? Failure(.discovery, unresolved: error, server)
                continue
            }
            for address in addresses {
                do {
                    try await ask(destination, place, address)
                    answered += 1
                } catch {
                    journal.check("address", .fail, error.message, subject: address, server: server)
                    first = first ?? error
                }
            }
        }
        guard answered == 0 else { return }
        throw first ?? Failure(.discovery, .name, "\(server) has no address", server: server).explained("no-address")
    }

    private func ask(_ destination: Destination, _ place: Request.Place, _ address: Text) async throws(Failure) {
        let target = Request.Place(host: address.string, port: place.port)
        let response: Response
        do { response = try await network.version(of: destination, at: target, verifies: true) } catch {
            if error.kind == .tls { await show(destination, target) }
            throw Failure(.discovery, .transport(error), at: destination)
        }
        let answer = try? JSON(parsing: response.body.bytes)
        guard response.status == 200, let name = answer?["server"]?["name"]?.text else {
            throw Failure(.discovery, .refused(ErrorAnswer(response)), at: destination)
        }
        let version = answer?["server"]?["version"]?.text.map { " \($0)" } ?? ""
        let tls = response.exchange.tls.map { ", \($0.version), certificate until \($0.notAfter)" } ?? ""
        journal.check(
            "address", .pass, "\(response.exchange.remote ?? address.string): \(name)\(version)\(tls)",
            subject: address,
            server: server)
    }

    /// A certificate that failed is only seen where it is not verified: one request that anybody can make is sent so.
    private func show(_ destination: Destination, _ target: Request.Place) async {
        guard let response = try? await network.version(of: destination, at: target, verifies: false),
            let tls = response.exchange.tls
        else { return }
        let isOwn = tls.subject == tls.issuer ? ", which is itself" : ""
        journal.check(
            "certificate", .warn,
            "the certificate there: subject \(tls.subject), issuer \(tls.issuer)\(isOwn), names "
                + "\(tls.names.joined(separator: ", ")), valid \(tls.notBefore) to \(tls.notAfter)", server: server)
    }
}
