internal import Federation
internal import Matrix

/// What is wrong with a certificate, as exactly as it can be told from here.
package enum CertificateFault: String, Sendable, Hashable, CaseIterable {
    case expired
    case notYetValid = "not_yet_valid"
    /// It is for other names than the one it must be for.
    case name
    /// It vouches for itself.
    case selfSigned = "self_signed"
    /// A public authority's, most likely, whose certificate between it and the root was not sent.
    case missingIntermediate = "missing_intermediate"
    /// Its chain ends at an authority that we do not trust.
    case unknownAuthority = "unknown_authority"
    case other

    /// Judges by libcurl's `words` and by the certificates that came, which a request that verified nothing has seen.
    init(_ words: String, _ certificate: TLSFacts?) {
        let words = words.lowercased()
        func says(_ phrases: String...) -> Bool { phrases.contains { words.contains($0) } }
        self =
            if says("certificate has expired") { .expired } else if says("not yet valid") {
                .notYetValid
            } else if says(
                "no alternative certificate subject name", "does not match target", "mismatch")
            { .name } else if says("self-signed certificate in certificate chain", "self signed certificate in") {
                .unknownAuthority
            } else if says("self-signed certificate", "self signed certificate") {
                .selfSigned
            } else if says(
                "unable to get local issuer", "unable to get issuer", "unable to verify the first")
            { Self.ofChain(certificate) } else { .other }
    }

    /// The chain cannot be followed to a root that we trust. A missing intermediate is one whose issuer was not sent
    /// though the certificate says where to get it, as those of public authorities do: their roots sign no server.
    private static func ofChain(_ certificate: TLSFacts?) -> CertificateFault {
        guard let certificate, let leaf = certificate.chain.first else { return .other }
        if leaf.issuer == leaf.subject { return .selfSigned }
        let hasIssuer = certificate.chain.dropFirst().contains { $0.subject == leaf.issuer }
        return hasIssuer || certificate.issuerURL == nil ? .unknownAuthority : .missingIntermediate
    }

    /// The cause in the catalogue that says more than libcurl's words do; nil where those are as exact.
    func diagnosis(of destination: Destination) -> String? {
        switch self {
        case .name where IPAddress(Text(destination.certificateHost)) != nil: "ip-literal-cert"
        case .missingIntermediate: "missing-intermediate"
        case .unknownAuthority: "unknown-authority"
        default: nil
        }
    }

    /// A clause beside libcurl's words; nil where they say it all.
    func words(_ certificate: TLSFacts?) -> String? {
        guard let certificate else { return nil }
        let count = certificate.chain.count == 1 ? "1 certificate" : "\(certificate.chain.count) certificates"
        switch self {
        case .name:
            let names = certificate.names.prefix(5).joined(separator: ", ")
            return names.isEmpty ? nil : "the certificate is for \(names)"
        case .missingIntermediate:
            return "the intermediate certificate of \(certificate.issuer) is missing: the server sends \(count)"
        case .unknownAuthority:
            return "the authority \(certificate.chain.last?.issuer ?? certificate.issuer) is not one that we trust"
        default: return nil
        }
    }
}
