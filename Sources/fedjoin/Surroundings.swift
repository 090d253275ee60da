internal import Federation
internal import Handshake

/// What the environment has that changes what a run can show, or keep to itself.
enum Surroundings {
    /// To be told where a run begins, whatever it does.
    static func tell(_ routes: Routes, _ journal: Journal) {
        if let proxy = routes.proxy {
            journal.check(
                "proxy", .skip,
                "the proxy \(proxy.place) is in use (\(proxy.source)): it looks up names, and addresses are judged by it alone"
            )
        }
        if let warning = keyLog { journal.check("sslkeylog", .warn, warning) }
    }

    /// libcurl and GnuTLS write it both.
    static var keyLog: String? {
        Process.environment("SSLKEYLOGFILE").map { _ in
            "SSLKEYLOGFILE is set: the session keys of TLS are written to that file"
        }
    }
}
