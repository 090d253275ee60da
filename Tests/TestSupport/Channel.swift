internal import CMicrohttpd
internal import Federation

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A connection as a raw server uses it: on one thread.
protocol Channel {
    /// What came, or nil at the end.
    func read() -> [UInt8]?
    func write(_ bytes: [UInt8]) -> Bool
    func end()
}

struct PlainChannel: Channel {
    let socket: CInt

    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    func write(_ bytes: [UInt8]) -> Bool { send(socket, bytes, bytes.count, 0) == bytes.count }

    func end() {}
}

/// The server's side of TLS.
final class TLSChannel: Channel {
    private let session: gnutls_session_t
    private let credentials: gnutls_certificate_credentials_t

    init?(_ socket: CInt, _ identity: TLSIdentity) {
        var credentials: gnutls_certificate_credentials_t?
        var session: gnutls_session_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials,
            gnutls_init(&session, UInt32(GNUTLS_SERVER.rawValue)) == 0, let session
        else { return nil }
        self.credentials = credentials
        self.session = session
        guard load(identity) else { return nil }
        gnutls_set_default_priority(session)
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
        gnutls_transport_set_int2(session, socket, socket)
        guard gnutls_handshake(session) == 0 else { return nil }
    }

    deinit {
        gnutls_deinit(session)
        gnutls_certificate_free_credentials(credentials)
    }

    private func load(_ identity: TLSIdentity) -> Bool {
        var certificate = identity.certificatePEM
        var key = identity.keyPEM
        return certificate.withUnsafeMutableBufferPointer { certificate in
            key.withUnsafeMutableBufferPointer { key in
                var certificate = gnutls_datum_t(data: certificate.baseAddress, size: UInt32(certificate.count))
                var key = gnutls_datum_t(data: key.baseAddress, size: UInt32(key.count))
                return gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM) >= 0
            }
        }
    }

    /// The name that the client's greeting asked for.
    var serverName: String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        var size = buffer.count
        var kind: UInt32 = 0
        guard gnutls_server_name_get(session, &buffer, &size, &kind, 0) == 0 else { return nil }
        return String(decoding: buffer.prefix(size).prefix { $0 != 0 }, as: UTF8.self)
    }

    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = gnutls_record_recv(session, &buffer, buffer.count)
            if count > 0 { return Array(buffer.prefix(count)) }
            if count == 0 || gnutls_error_is_fatal(CInt(count)) != 0 { return nil }
        }
    }

    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { gnutls_record_send(session, $0.baseAddress, $0.count) }
            if count < 0, gnutls_error_is_fatal(CInt(count)) != 0 { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    func end() { gnutls_bye(session, GNUTLS_SHUT_WR) }
}
