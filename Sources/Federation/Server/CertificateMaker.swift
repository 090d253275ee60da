internal import CMicrohttpd

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A certificate and its key in PEM.
struct PEMPair: Sendable {
    let certificate: [UInt8]
    let key: [UInt8]
}

/// One certificate in the making, and its key. GnuTLS's objects are made, used and freed in one call.
final class CertificateMaker {
    private let certificate: gnutls_x509_crt_t
    private let key: gnutls_x509_privkey_t

    static func makeAuthority(issuer: PEMPair?) throws(ServerError) -> PEMPair {
        let maker = try CertificateMaker.withNewKey()
        // Of two authorities of one name, a client would try the wrong one's key.
        let number = String(UInt32.random(in: 0...UInt32.max), radix: 16)
        try maker.fill(name: "fedjoin throw-away authority \(number)", isAuthority: true, lifetime: .seconds(86_400))
        return try maker.sign(by: issuer.map { pair throws(ServerError) in try CertificateMaker(pair) } ?? maker)
    }

    static func make(
        names: [String], issuer: PEMPair?, lifetime: Duration, issuerURL: String? = nil
    ) throws(ServerError) -> PEMPair {
        let maker = try CertificateMaker.withNewKey()
        try maker.fill(name: names.first ?? "fedjoin", isAuthority: false, lifetime: lifetime)
        for name in names { try maker.add(name: name) }
        if let issuerURL { try maker.add(issuerURL: issuerURL) }
        return try maker.sign(by: issuer.map { pair throws(ServerError) in try CertificateMaker(pair) } ?? maker)
    }

    /// Both empty: what is in a key when another is imported is never freed.
    private init() throws(ServerError) {
        var certificate: gnutls_x509_crt_t?
        var key: gnutls_x509_privkey_t?
        guard gnutls_x509_crt_init(&certificate) == 0, gnutls_x509_privkey_init(&key) == 0, let certificate, let key
        else { throw .certificate("no memory for a certificate") }
        self.certificate = certificate
        self.key = key
    }

    private static func withNewKey() throws(ServerError) -> CertificateMaker {
        let maker = try CertificateMaker()
        try maker.check(cgnutls_generate_p256(maker.key))
        return maker
    }

    private convenience init(_ pair: PEMPair) throws(ServerError) {
        try self.init()
        try check(withDatum(pair.certificate) { gnutls_x509_crt_import(certificate, &$0, GNUTLS_X509_FMT_PEM) })
        try check(withDatum(pair.key) { gnutls_x509_privkey_import(key, &$0, GNUTLS_X509_FMT_PEM) })
    }

    deinit {
        gnutls_x509_crt_deinit(certificate)
        gnutls_x509_privkey_deinit(key)
    }

    private func fill(name: String, isAuthority: Bool, lifetime: Duration) throws(ServerError) {
        // A serial number is positive: its first bit is 0.
        let serial = [UInt8.random(in: 1...127)] + (0..<15).map { _ in UInt8.random(in: 0...255) }
        // 64 bytes is what X.520 allows.
        let common = Array(name.utf8.prefix(64))
        let end = time(nil) + time_t(lifetime.components.seconds)
        try check(gnutls_x509_crt_set_version(certificate, 3))
        try check(gnutls_x509_crt_set_serial(certificate, serial, serial.count))
        try check(
            gnutls_x509_crt_set_dn_by_oid(
                certificate,
                GNUTLS_OID_X520_COMMON_NAME,
                0,
                common,
                UInt32(common.count)
            )
        )
        // An hour back, for clocks that are not quite together.
        try check(gnutls_x509_crt_set_activation_time(certificate, min(time(nil), end) - 3600))
        try check(gnutls_x509_crt_set_expiration_time(certificate, end))
        try check(gnutls_x509_crt_set_basic_constraints(certificate, isAuthority ? 1 : 0, -1))
        let usage = isAuthority ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE
        try check(gnutls_x509_crt_set_key_usage(certificate, UInt32(usage)))
        try check(gnutls_x509_crt_set_key(certificate, key))
    }

    private func add(name: String) throws(ServerError) {
        let bare = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, bare, &v4) == 1 {
            try add(GNUTLS_SAN_IPADDRESS, withUnsafeBytes(of: v4) { Array($0) })
        } else if inet_pton(AF_INET6, bare, &v6) == 1 {
            try add(GNUTLS_SAN_IPADDRESS, withUnsafeBytes(of: v6) { Array($0) })
        } else {
            try add(GNUTLS_SAN_DNSNAME, Array(bare.utf8))
        }
    }

    private func add(_ kind: gnutls_x509_subject_alt_name_t, _ bytes: [UInt8]) throws(ServerError) {
        try check(
            gnutls_x509_crt_set_subject_alt_name(
                certificate,
                kind,
                bytes,
                UInt32(bytes.count),
                UInt32(GNUTLS_FSAN_APPEND)
            )
        )
    }

    private func add(issuerURL: String) throws(ServerError) {
        try check(
            withDatum(Array(issuerURL.utf8)) {
                gnutls_x509_crt_set_authority_info_access(certificate, CInt(GNUTLS_IA_CAISSUERS_URI.rawValue), &$0)
            })
    }

    private func sign(by issuer: CertificateMaker) throws(ServerError) -> PEMPair {
        try check(gnutls_x509_crt_sign2(certificate, issuer.certificate, issuer.key, GNUTLS_DIG_SHA256, 0))
        var datum = gnutls_datum_t()
        try check(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &datum))
        let certificatePEM = Self.take(&datum)
        try check(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &datum))
        return PEMPair(certificate: certificatePEM, key: Self.take(&datum))
    }

    private static func take(_ datum: inout gnutls_datum_t) -> [UInt8] {
        defer {
            cgnutls_free(datum.data)
            datum = gnutls_datum_t()
        }
        return Array(UnsafeBufferPointer(start: datum.data, count: Int(datum.size)))
    }

    private func check(_ code: CInt) throws(ServerError) {
        if code < 0 { throw .certificate("no certificate could be made: \(gnutlsWords(code))") }
    }
}

/// GnuTLS's words for an error, without their full stop and capital.
func gnutlsWords(_ code: CInt) -> String {
    let words = gnutls_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    let trimmed = words.hasSuffix(".") ? String(words.dropLast()) : words
    return trimmed.prefix(1).lowercased() + trimmed.dropFirst()
}

/// Calls `body` with `bytes` as GnuTLS takes them, which it does not write to.
func withDatum<R>(_ bytes: [UInt8], _ body: (inout gnutls_datum_t) -> R) -> R {
    var bytes = bytes
    return bytes.withUnsafeMutableBufferPointer { buffer in
        var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
        return body(&datum)
    }
}
