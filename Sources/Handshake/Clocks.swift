internal import Federation
internal import Matrix

/// How far the clocks of others are from ours, by the `Date` of each answer.
struct Clocks: Sendable {
    /// Beyond this, what is signed and valid at one time there is not so here: five minutes, in milliseconds.
    static let tolerance = 300_000
    private static let most = 100

    /// Milliseconds, positive where theirs is ahead, by server.
    private(set) var offsets: [Text: Int] = [:]
    private var hasWarned = false

    /// Keeps an answer's offset; whether it is the first of the run that is worth a warning.
    mutating func take(_ server: Text, _ offset: Int) -> Bool {
        if offsets.count < Self.most || offsets[server] != nil { offsets[server] = offset }
        guard abs(offset) > Self.tolerance, !hasWarned else { return false }
        hasWarned = true
        return true
    }

    /// `12m ahead of ours`
    static func words(_ offset: Int) -> String {
        "\(Waiting.words(abs(offset))) \(offset < 0 ? "behind" : "ahead of") ours"
    }
}

extension Journal {
    /// Notes the time of an answer, and warns of the first clock of a run that is minutes off.
    func noteClock(_ exchange: HTTPExchange) {
        guard let offset = exchange.clockOffset else { return }
        let server = Text(exchange.request.hostHeader)
        guard noteClock(server, offset) else { return }
        check(
            "clock", .warn, "the clock of \(server) is \(Clocks.words(offset)): one of the two is wrong",
            subject: server)
    }

    /// Says how the clocks compare, of all that answered in the run.
    func compareClocks() {
        let offsets = clockOffsets
        let off = offsets.filter { abs($0.value) > Clocks.tolerance }
        guard let furthest = offsets.max(by: { abs($0.value) < abs($1.value) }) else { return }
        if off.isEmpty {
            let seconds = abs(furthest.value) / 1000
            return check(
                "clocks", .pass,
                "our clock agrees with \(offsets.count == 1 ? "that of \(furthest.key)" : "those of \(offsets.count) servers") to \(seconds + 1) s"
            )
        }
        // Several others that agree with each other and not with us are right.
        let isOurs = off.count > 1 && off.count == offsets.count && Set(off.map { $0.value > 0 }).count == 1
        check(
            "clocks", .warn,
            "\(off.count) of \(offsets.count) clocks are off by more than 5 minutes, that of "
                + "\(furthest.key) is \(Clocks.words(furthest.value))\(isOurs ? ": ours is the wrong one" : "")")
    }
}

extension Response {
    /// How far the server's clock is ahead of ours, in milliseconds, to the second: `Date`, and `Age` where a cache
    /// answered, against the time when its head arrived. Nil where it says no date.
    func clockOffset(at now: Int) -> Int? {
        guard let date = header("Date").flatMap({ HTTPDate.milliseconds($0) }) else { return nil }
        let age = header("Age").flatMap { Int($0.string) }.flatMap { (0...31_536_000).contains($0) ? $0 : nil } ?? 0
        return date + age * 1000 - (now - Int(exchange.timings.receive ?? 0))
    }
}
