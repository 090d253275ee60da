internal import Federation
internal import Handshake
internal import Matrix

/// What a server name leads to, and what answers there, as JSON records.
enum ProbeRecord {
    static func object(_ found: RuleFinding) -> JSON.Object {
        var object: JSON.Object = [
            "stage": JSONReport.stage(found.stage), "server": .string(found.server.text),
            "rule": .string(found.finding.rule), "role": .string(Text(found.role.rawValue)), "places": [],
            "cert_name": .null, "reason": .null,
        ]
        switch found.finding.outcome {
        case .found(let destination):
            object["places"] = .array(destination.places.map { .string(Text("\($0.host):\($0.port)")) })
            object["cert_name"] = .string(Text(destination.certificateHost))
        case .notFound(let reason): object["reason"] = .string(Text(reason))
        case .failed(let failure): object["reason"] = .string(Text("\(failure.host): \(failure.description)"))
        }
        return object
    }

    static func object(_ probe: AddressProbe) -> JSON.Object {
        let failure = probe.failure
        return [
            "stage": JSONReport.stage(probe.stage), "server": .string(probe.server.text),
            "host": .string(probe.host), "address": .string(probe.address), "port": .integer(probe.port),
            "family": JSONReport.text(probe.family.map { Text($0.rawValue) }),
            "result": .string(Text(probe.result.rawValue)), "timings": HTTPRecord.object(probe.exchange.timings),
            "tls": HTTPRecord.object(probe.certificate),
            "certificate_fault": JSONReport.text(probe.certificateFault.map { Text($0.rawValue) }),
            "status": probe.status.map { .integer($0) } ?? .null, "software": JSONReport.text(probe.software),
            "version": JSONReport.text(probe.version),
            "class": JSONReport.text(failure.map { Text($0.kind.rawValue) }),
            "message": JSONReport.text(probe.problem.map { Text($0) }),
        ]
    }
}

/// The same as lines.
enum ProbeLines {
    /// The rule that decides has a line of its own: the destination's.
    static func lines(_ found: RuleFinding) -> [String] {
        let words = words(found.finding.outcome)
        return switch found.role {
        case .before: [TextReport.line(.leftOut, "rule \(found.finding.rule): \(words)")]
        case .decisive: isFailed(found) ? [TextReport.line(.failed, "rule \(found.finding.rule): \(words)")] : []
        case .after: [TextReport.line(.leftOut, "rule \(found.finding.rule) would have given: \(words)")]
        }
    }

    private static func isFailed(_ found: RuleFinding) -> Bool {
        if case .failed = found.finding.outcome { true } else { false }
    }

    private static func words(_ outcome: Discovery.Finding.Outcome) -> String {
        switch outcome {
        case .found(let destination):
            "\(destination.places.map { "\($0.host):\($0.port)" }.joined(separator: ", "))"
                + ", certificate \(destination.certificateHost)"
        case .notFound(let reason): reason
        case .failed(let failure): "\(failure.host): \(failure.description)"
        }
    }

    static func lines(_ probe: AddressProbe) -> [String] {
        let gutter = TextReport.gutter(probe.result)
        let address = probe.address.string.contains(":") ? "[\(probe.address)]" : probe.address.string
        let family = probe.family.map { "IP\($0.rawValue) " } ?? ""
        let facts = [probe.problem ?? answer(probe), times(probe)].compactMap(\.self)
        let host = probe.host == Text(address) ? "" : " (\(probe.host))"
        return [
            TextReport.line(gutter, "\(family)\(address):\(probe.port)\(host): \(facts.joined(separator: ", "))")
        ] + certificate(probe).map { TextReport.line(gutter, "  \($0)") }
    }

    private static func answer(_ probe: AddressProbe) -> String {
        let software = probe.software.map { Quoting.quoted($0) } ?? "a homeserver that does not say its name"
        return "\(software)\(probe.version.map { " \(Quoting.quoted($0))" } ?? "")"
    }

    /// How far it came, and how fast.
    private static func times(_ probe: AddressProbe) -> String? {
        let timings = probe.exchange.timings
        return Milliseconds.words([("TCP", timings.tcp), ("TLS", timings.tls)])
    }

    private static func certificate(_ probe: AddressProbe) -> [String] {
        guard let tls = probe.certificate else { return [] }
        let names = tls.names.isEmpty ? "none" : tls.names.joined(separator: ", ")
        let verified = tls.verified ? "verified" : "NOT verified"
        return [
            "\(tls.version), certificate \(verified): subject \(tls.subject), names \(names)",
            "issuer \(tls.issuer), valid \(tls.notBefore) to \(tls.notAfter), \(tls.chain.count) sent",
        ]
    }
}
