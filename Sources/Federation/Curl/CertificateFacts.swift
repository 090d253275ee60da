internal import CMicrohttpd

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

extension TLSFacts {
    /// What the first certificate of `chain`, each as PEM, says, and how the chain goes on; nil where it cannot be read.
    init?(_ chain: [[UInt8]], version: String, verified: Bool) {
        guard let own = chain.first, var facts = Self.read(own, { Self(of: $0, version, verified) }) else { return nil }
        facts.chain = chain.compactMap { pem in
            Self.read(pem) { Link(subject: Self.subject($0), issuer: Self.issuer($0)) }
        }
        self = facts
    }

    private init(of certificate: gnutls_x509_crt_t, _ version: String, _ verified: Bool) {
        self.init(
            version: version,
            subject: Self.subject(certificate),
            issuer: Self.issuer(certificate),
            names: Self.names(certificate),
            notBefore: Self.date(gnutls_x509_crt_get_activation_time(certificate)),
            notAfter: Self.date(gnutls_x509_crt_get_expiration_time(certificate)),
            verified: verified
        )
        issuerURL = Self.issuerURL(certificate)
    }

    /// What `look` makes of the certificate in `pem`.
    private static func read<R>(_ pem: [UInt8], _ look: (gnutls_x509_crt_t) -> R) -> R? {
        var certificate: gnutls_x509_crt_t?
        guard gnutls_x509_crt_init(&certificate) == 0, let certificate else { return nil }
        defer { gnutls_x509_crt_deinit(certificate) }
        let code = withDatum(pem) { gnutls_x509_crt_import(certificate, &$0, GNUTLS_X509_FMT_PEM) }
        return code == 0 ? look(certificate) : nil
    }

    private static func subject(_ certificate: gnutls_x509_crt_t) -> String {
        name { gnutls_x509_crt_get_dn(certificate, $0, $1) }
    }

    private static func issuer(_ certificate: gnutls_x509_crt_t) -> String {
        name { gnutls_x509_crt_get_issuer_dn(certificate, $0, $1) }
    }

    /// Of the authority information access (RFC 5280, section 4.2.2.1), which public authorities always write.
    private static func issuerURL(_ certificate: gnutls_x509_crt_t) -> String? {
        for index in 0..<UInt32(10) {
            var datum = gnutls_datum_t()
            let code = gnutls_x509_crt_get_authority_info_access(
                certificate, index, CInt(GNUTLS_IA_CAISSUERS_URI.rawValue), &datum, nil)
            if code == GNUTLS_E_UNKNOWN_ALGORITHM { continue }
            guard code == 0 else { return nil }
            defer { cgnutls_free(datum.data) }
            return String(
                decoding: UnsafeBufferPointer(start: datum.data, count: Int(datum.size)), as: UTF8.self)
        }
        return nil
    }

    private static func name(_ get: (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?) -> CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        var size = buffer.count
        return get(&buffer, &size) == 0 ? text(buffer, size) : ""
    }

    private static func names(_ certificate: gnutls_x509_crt_t) -> [String] {
        var names: [String] = []
        // As many as anyone needs to be shown.
        for index in 0..<UInt32(100) {
            var buffer = [CChar](repeating: 0, count: 1024)
            var size = buffer.count
            let kind = gnutls_x509_crt_get_subject_alt_name(certificate, index, &buffer, &size, nil)
            if kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
            if kind == GNUTLS_SAN_DNSNAME.rawValue { names.append(text(buffer, size)) }
            if kind == GNUTLS_SAN_IPADDRESS.rawValue { address(buffer, size).map { names.append($0) } }
        }
        return names
    }

    private static func text(_ buffer: [CChar], _ size: Int) -> String {
        let bytes = buffer.prefix(size).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes.last == 0 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    private static func address(_ buffer: [CChar], _ size: Int) -> String? {
        guard size == 4 || size == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(size == 4 ? AF_INET : AF_INET6, buffer, &text, socklen_t(text.count)) != nil else { return nil }
        return self.text(text, text.firstIndex(of: 0) ?? 0)
    }

    private static func date(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        guard time >= 0, gmtime_r(&time, &parts) != nil else { return "unknown" }
        func padded(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(Int(parts.tm_year) + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
            + "T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
    }
}
