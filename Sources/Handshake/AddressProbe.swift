package import Federation
package import Matrix

/// One address of the way to a server, and how far a request for the server's version came there.
package struct AddressProbe: Sendable {
    package enum Family: String, Sendable, Hashable { case v4, v6 }

    package let stage: Stage
    package let server: ServerName
    /// The name that has the address.
    package let host: Text
    package let address: Text
    package let port: Int
    /// Nil where a proxy looks up the name.
    package let family: Family?
    /// How far it came: the address, TCP and TLS times.
    package private(set) var exchange = Exchange()
    /// The server's certificate, also one that was only seen by a second request that verified nothing.
    package private(set) var certificate: TLSFacts?
    package private(set) var certificateFault: CertificateFault?
    package private(set) var status: Int?
    package private(set) var software: Text?
    package private(set) var version: Text?
    package private(set) var failure: Failure?
    /// What the failure says but for the server's name.
    package private(set) var problem: String?

    package var result: Outcome { failure == nil ? .pass : .fail }

    var withoutTimes: AddressProbe {
        var probe = self
        probe.exchange.timings = Timings()
        return probe
    }

    /// The probe of `address`, one of `place`'s.
    init(_ stage: Stage, _ destination: Destination, _ place: Request.Place, _ address: Text) {
        self.stage = stage
        server = destination.server
        host = Text(place.host)
        self.address = address
        port = place.port
        family = IPAddress(address).map { $0.isIPv4 ? .v4 : .v6 }
    }

    /// How near to a homeserver's answer it came, to tell which of several failures says most.
    var depth: Int {
        if status != nil { return 3 }
        if exchange.timings.tls != nil || certificate != nil { return 2 }
        return exchange.timings.tcp != nil ? 1 : 0
    }

    mutating func take(_ response: Response, at destination: Destination) {
        exchange = response.exchange
        certificate = response.exchange.tls
        status = response.status
        do throws(RemoteError) { try read(response) } catch {
            let failure = Failure(stage, error, at: destination)
            self.failure = failure
            if case .malformed(let words) = error { problem = words } else { problem = failure.message }
        }
    }

    /// `{"server": {"name": …, "version": …}}`, both of which a server may leave out.
    private mutating func read(_ response: Response) throws(RemoteError) {
        switch response.status {
        case 200: break
        case 300..<400: throw .malformed("it redirects /version, which other servers do not follow")
        default: throw .refused(ErrorAnswer(response))
        }
        guard let answer = try? JSON(parsing: response.body.bytes) else {
            let type = response.header("Content-Type").map { " (\($0))" } ?? ""
            throw .malformed("its answer to /version is not JSON\(type)")
        }
        guard let server = answer["server"], server.object != nil else {
            throw .malformed("its answer to /version is no homeserver's: no \"server\" in it")
        }
        software = server["name"]?.text
        version = server["version"]?.text
    }

    /// `seen` is the certificate as a request saw it that did not verify it.
    mutating func take(_ error: TransportError, seen: TLSFacts?, at destination: Destination) {
        exchange = error.exchange
        certificate = error.exchange.tls ?? seen
        var words = error.description
        if error.kind == .tls {
            let fault = CertificateFault(error.description, certificate)
            certificateFault = fault
            words = fault.words(certificate).map { "\(words): \($0)" } ?? words
        }
        problem = words
        let exact = TransportError(kind: error.kind, description: words, exchange: error.exchange)
        let failure = Failure(stage, .transport(exact), at: destination)
        self.failure =
            certificateFault?.diagnosis(of: destination).map { failure.explained($0, DiagnosisNames(destination)) }
            ?? failure
    }
}

/// Probes addresses of one destination.
struct AddressProber: Sendable {
    let stage: Stage
    var destination: Destination
    let network: Network
    let journal: Journal

    func probe(_ place: Request.Place, _ address: Text) async -> AddressProbe {
        var probe = AddressProbe(stage, destination, place, address)
        let target = Request.Place(host: address.string, port: place.port)
        do throws(TransportError) {
            probe.take(try await network.version(of: destination, at: target, verifies: true), at: destination)
        } catch {
            let seen = error.kind == .tls && error.exchange.tls == nil ? await look(target) : nil
            probe.take(error, seen: seen, at: destination)
        }
        journal.record(.address(probe))
        return probe
    }

    static let looksOnce = "asking once more, verifying nothing, only to see the certificate"

    /// libcurl shows no certificate that did not verify: a second request, which verifies nothing and tells nothing
    /// but that we ask for the version, sees it.
    private func look(_ target: Request.Place) async -> TLSFacts? {
        journal.check("certificate", .skip, Self.looksOnce)
        return try? await network.version(of: destination, at: target, verifies: false).exchange.tls
    }
}

/// All addresses of the way to a server.
struct AddressSurvey: Sendable {
    private(set) var probes: [AddressProbe] = []
    private var unnamed: Failure?

    var hasAnswer: Bool { probes.contains { $0.result == .pass } }

    /// The failure that came nearest to an answer, which says most; nil where nothing failed.
    var failure: Failure? {
        let failed = probes.filter { $0.failure != nil }
        let depth = failed.map(\.depth).max()
        return failed.first { $0.depth == depth }?.failure ?? unnamed
    }

    mutating func add(_ probe: AddressProbe) { probes.append(probe) }
    mutating func add(_ failure: Failure) { unnamed = unnamed ?? failure }

    /// How many addresses of a family answer, of how many.
    func count(_ family: AddressProbe.Family) -> (answering: Int, all: Int) {
        let probes = probes.filter { $0.family == family }
        return (probes.count { $0.result == .pass }, probes.count)
    }
}
