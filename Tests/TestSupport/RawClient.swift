internal import CMicrohttpd

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A TLS client on loopback that says just what it is told to, and verifies nobody. For one thread.
package final class RawClient {
    private let socket: CInt
    private let session: gnutls_session_t
    private let credentials: gnutls_certificate_credentials_t

    package init?(port: Int) {
        var credentials: gnutls_certificate_credentials_t?
        var session: gnutls_session_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials,
            gnutls_init(&session, UInt32(GNUTLS_CLIENT.rawValue | GNUTLS_NO_SIGNAL.rawValue)) == 0, let session
        else { return nil }
        self.credentials = credentials
        self.session = session
        socket = connected(port)
        gnutls_set_default_priority(session)
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
        gnutls_transport_set_int2(session, socket, socket)
        guard gnutls_handshake(session) == 0 else { return nil }
    }

    deinit {
        gnutls_deinit(session)
        gnutls_certificate_free_credentials(credentials)
        close(socket)
    }

    /// False once the server has gone.
    package func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.isEmpty || gnutls_record_send(session, bytes, bytes.count) == bytes.count
    }
}

/// Twenty milliseconds, on the thread that asks for them.
package func wait() { usleep(20_000) }

private func connected(_ port: Int) -> CInt {
    #if canImport(Glibc)
    let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #else
    let socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return socket
}
