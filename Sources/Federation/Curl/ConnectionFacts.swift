internal import CCurl

/// The certificates of the connections that are kept open: libcurl shows them to the request that opened one alone.
struct ConnectionFacts {
    private static let most = 256
    private var known: [String: SeenCertificates] = [:]

    /// What is known of the connection that `easy` used, where `new` is what it learned itself.
    mutating func certificates(_ easy: EasyHandle, new: SeenCertificates?) -> SeenCertificates? {
        guard let remote = easy.remote else { return new }
        let connection = "\(easy.long(CURLINFO_LOCAL_PORT)) \(remote)"
        guard let new else { return easy.isReused ? known[connection] : nil }
        if known.count >= Self.most { known = [:] }
        known[connection] = new
        return new
    }
}

extension EasyHandle {
    /// Whether a connection that was open already carried the request.
    var isReused: Bool { long(CURLINFO_NUM_CONNECTS) == 0 && long(CURLINFO_LOCAL_PORT) > 0 }

    var remote: String? {
        guard let address = string(CURLINFO_PRIMARY_IP), !address.isEmpty else { return nil }
        return "\(address.bracketed):\(long(CURLINFO_PRIMARY_PORT))"
    }

    /// How long it took to connect: nothing where the connection was there already.
    var timings: Timings {
        guard !isReused else { return Timings() }
        let named = milliseconds(CURLINFO_NAMELOOKUP_TIME_T)
        let connected = milliseconds(CURLINFO_CONNECT_TIME_T)
        let secured = milliseconds(CURLINFO_APPCONNECT_TIME_T)
        func phase(_ start: Double, _ end: Double) -> Double? { end > 0 ? max(0, end - start) : nil }
        return Timings(dns: phase(0, named), tcp: phase(named, connected), tls: phase(connected, secured))
    }
}
