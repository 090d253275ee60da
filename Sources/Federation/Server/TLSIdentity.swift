internal import CMicrohttpd

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A certificate, with the chain that a server sends after it, and its private key: two that belong together.
package struct TLSIdentity: Sendable {
    package let certificatePEM: [UInt8]
    package let keyPEM: [UInt8]

    package init(certificateFile: String, keyFile: String) throws(ServerError) {
        let certificate = try Self.read(certificateFile)
        let key = try Self.read(keyFile)
        guard Self.isCertificate(certificate) else {
            throw .certificate("\(certificateFile) holds no certificate in PEM")
        }
        guard Self.isKey(key) else { throw .certificate("\(keyFile) holds no private key in PEM without a password") }
        if let fault = Self.fault(certificate, key) {
            throw .certificate("\(certificateFile) and \(keyFile): \(fault)")
        }
        certificatePEM = certificate
        keyPEM = key
    }

    /// A new certificate on a new P-256 key, for names and IP addresses (IPv6 with or without brackets).
    ///
    /// Without an authority it is its own. A `lifetime` below zero makes one that has expired. `issuerURL` is where it
    /// says that its issuer's certificate is to be had, as public authorities write it.
    package static func throwaway(
        names: [String],
        authority: Authority? = nil,
        lifetime: Duration = .seconds(86_400),
        issuerURL: String? = nil
    ) throws(ServerError) -> TLSIdentity {
        let made = try CertificateMaker.make(
            names: names, issuer: authority?.pair, lifetime: lifetime, issuerURL: issuerURL)
        return TLSIdentity(made)
    }

    /// The same, the certificates of `authorities` sent after it.
    package func sending(_ authorities: [Authority]) -> TLSIdentity {
        TLSIdentity(
            PEMPair(certificate: certificatePEM + authorities.flatMap(\.certificatePEM), key: keyPEM))
    }

    private init(_ pair: PEMPair) {
        certificatePEM = pair.certificate
        keyPEM = pair.key
    }

    /// Whether a PEM file has a certificate first in it.
    package static func isCertificate(_ bytes: [UInt8]) -> Bool {
        var certificate: gnutls_x509_crt_t?
        guard gnutls_x509_crt_init(&certificate) == 0, let certificate else { return false }
        defer { gnutls_x509_crt_deinit(certificate) }
        return withDatum(bytes) { gnutls_x509_crt_import(certificate, &$0, GNUTLS_X509_FMT_PEM) } == 0
    }

    private static func isKey(_ bytes: [UInt8]) -> Bool {
        var key: gnutls_x509_privkey_t?
        guard gnutls_x509_privkey_init(&key) == 0, let key else { return false }
        defer { gnutls_x509_privkey_deinit(key) }
        return withDatum(bytes) { gnutls_x509_privkey_import2(key, &$0, GNUTLS_X509_FMT_PEM, nil, 0) } == 0
    }

    private static func fault(_ certificate: [UInt8], _ key: [UInt8]) -> String? {
        var credentials: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials else { return "no memory" }
        defer { gnutls_certificate_free_credentials(credentials) }
        let code = withDatum(certificate) { certificate in
            withDatum(key) { key in
                gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM)
            }
        }
        if code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH { return "the key is not the certificate's" }
        return code < 0 ? gnutlsWords(code) : nil
    }

    private static func read(_ path: String) throws(ServerError) -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw unreadable(path)
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw unreadable(path)
        }
        guard count < bytes.count else { throw .certificate("\(path) is too large for a certificate or key") }
        return Array(bytes.prefix(count))
    }

    private static func unreadable(_ path: String) -> ServerError {
        ServerError(
            kind: .cannotOpen, description: "cannot read \(path): \(String(cString: strerror(errno)).lowercased())")
    }
}

/// A certificate authority of our own, known to nobody but those who are told: so that a test verifies a real chain.
package struct Authority: Sendable {
    let pair: PEMPair

    package var certificatePEM: [UInt8] { pair.certificate }

    package static func make() throws(ServerError) -> Authority {
        Authority(pair: try CertificateMaker.makeAuthority(issuer: nil))
    }

    /// An authority that this one vouches for.
    package func intermediate() throws(ServerError) -> Authority {
        Authority(pair: try CertificateMaker.makeAuthority(issuer: pair))
    }
}

extension ServerError {
    static func certificate(_ description: String) -> ServerError {
        ServerError(kind: .certificate, description: description)
    }
}
