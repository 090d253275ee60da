internal import Federation
internal import Handshake
internal import Matrix

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

    /// The time that SOURCE_DATE_EPOCH gives to reports, in milliseconds since 1970; nil where it is not set.
    static func fixedTime() throws -> Int? {
        let name = "SOURCE_DATE_EPOCH"
        guard let text = Process.environment(name) else { return nil }
        guard let seconds = Int(text), (0...253_402_300_799).contains(seconds) else {
            throw UsageError("\(name) is no number of seconds since 1970: \(Quoting.quoted(Text(text)))")
        }
        return seconds * 1000
    }

    /// libcurl and GnuTLS write it both.
    static var keyLog: String? {
        Process.environment("SSLKEYLOGFILE").map { _ in
            "SSLKEYLOGFILE is set: the session keys of TLS are written to that file"
        }
    }
}
