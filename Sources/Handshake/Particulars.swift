internal import Federation
internal import Matrix

extension Failure {
    /// What this failure alone has beyond what the catalogue says of all of its kind.
    mutating func tellMore(_ error: RemoteError, _ destination: Destination) {
        switch (hints.first?.id, error) {
        case ("name-mismatch", .transport(let error)): tellNames(error, destination)
        case ("unreachable-address", _): tellFamily(destination)
        case ("rate-limited", .refused(let answer)): tellWait(answer)
        case ("room-version", .refused(let answer)): tellVersion(answer)
        // A question for the key shows of a server that is another one what it is called; for ours, what is there.
        default: break
        }
    }

    /// For whom the certificate is, and no advice to delegate where nobody asks for a well-known file.
    private mutating func tellNames(_ error: TransportError, _ destination: Destination) {
        let words = CertificateFault.name.words(error.exchange.tls)
        if let words, !message.hasSuffix(words) { message += ": \(words)" }
        if ["1", "2"].contains(destination.rule) { hints.removeAll { $0.text.hasPrefix("delegate by well-known") } }
    }

    private mutating func tellFamily(_ destination: Destination) {
        let families = Set(destination.addresses.compactMap { IPAddress($0)?.isIPv4 })
        guard families.count < 2, let only = families.first else { return }
        hints = [Hint("unreachable-address", HintForm.otherFamily.filled(only ? "4" : "6"))]
    }

    private mutating func tellWait(_ answer: ErrorAnswer) {
        guard let wait = answer.retryAfter else { return }
        let form = Retries.waits(wait) ? HintForm.waitOrRetry : .wait
        hints[0] = Hint("rate-limited", form.filled(Waiting.words(wait)))
    }

    private mutating func tellVersion(_ answer: ErrorAnswer) {
        guard let version = answer.body?["room_version"]?.text else { return }
        let words = HintForm.roomVersion.filled(Quoting.quoted(version, limit: 60))
        hints.insert(Hint("room-version", words), at: 0)
        if stage == .makeKnock, RoomVersion.named(version)?.allowsKnocking == false {
            hints = [hints[0], Hint("room-version", HintForm.knockable.filled())]
        }
    }
}

/// How long somebody is to wait, for people.
enum Waiting {
    /// `1.5s`, `40s`, `10m`, `2h 5m`
    static func words(_ milliseconds: Int) -> String {
        let seconds = milliseconds / 1000
        if milliseconds < 10_000, milliseconds % 1000 > 0 { return "\(seconds).\(milliseconds % 1000 / 100)s" }
        if seconds < 60 { return "\(seconds)s" }
        let minutes = (seconds + 30) / 60
        return minutes < 60 ? "\(minutes)m" : "\(minutes / 60)h \(minutes % 60)m"
    }
}
