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

    /// SOURCE_DATE_EPOCH, in milliseconds since 1970: the time that reports are of, in which nothing takes any.
    static var epoch: Int? {
        Process.environment("SOURCE_DATE_EPOCH").flatMap { Int($0) }.flatMap {
            (0...253_402_300_799).contains($0) ? $0 * 1000 : nil
        }
    }

    /// The time of a report, and the name of its run.
    static func mark() -> (time: Int, run: Text) {
        let now = epoch ?? WallClock.now()
        let stamp = WallClock.iso8601(now).filter { $0 != "-" && $0 != ":" }.prefix(15)
        let suffix = epoch == nil ? RandomText.make(4).string.lowercased() : "0000"
        return (now, Text("\(stamp)Z-\(suffix)"))
    }

    /// libcurl and GnuTLS write it both.
    static var keyLog: String? {
        Process.environment("SSLKEYLOGFILE").map { _ in
            "SSLKEYLOGFILE is set: the session keys of TLS are written to that file"
        }
    }
}
