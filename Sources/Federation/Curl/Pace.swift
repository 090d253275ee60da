/// Whether a server answers in time and then goes on: what libcurl's own limits do not tell apart.
///
/// A server that sends a byte now and then is as stalled as a silent one, so what counts is 1,024 bytes.
struct Pace {
    typealias Instant = ContinuousClock.Instant

    private static let step = 1024
    private let limits: Limits
    private var lastSent: Instant?
    private var firstReceived: Instant?
    private var stepBegan: Instant?
    private var stepBytes = 0

    init(_ limits: Limits) { self.limits = limits }

    /// Whether there is anything to watch.
    var isLimited: Bool { limits.firstByte != nil || limits.stall != nil }

    mutating func sent(at now: Instant) { lastSent = now }

    /// Notes bytes of the final response, its head included.
    mutating func received(_ count: Int, at now: Instant) {
        if firstReceived == nil { firstReceived = now }
        stepBytes += count
        guard stepBegan == nil || stepBytes >= Self.step else { return }
        stepBegan = now
        stepBytes = 0
    }

    /// How long the server took to answer, and its answer to come. libcurl counts both into one on a kept connection.
    func times(at now: Instant) -> (wait: Double?, receive: Double?) {
        guard let lastSent, let firstReceived else { return (nil, nil) }
        return (max(lastSent.duration(to: firstReceived), .zero).inMilliseconds, (now - firstReceived).inMilliseconds)
    }

    func fault(at now: Instant) -> Refusal? {
        if let began = stepBegan {
            guard let stall = limits.stall, now - began >= stall else { return nil }
            return Refusal(.timeout, "the response stalled: fewer than \(Self.step) bytes in \(stall.words)")
        }
        guard let began = lastSent, let firstByte = limits.firstByte, now - began >= firstByte else { return nil }
        return Refusal(.timeout, "no response began within \(firstByte.words)")
    }
}

extension Duration {
    var milliseconds: Int {
        let (seconds, fraction) = components
        let whole = Int(clamping: seconds).multipliedReportingOverflow(by: 1000)
        return whole.overflow ? Int(Int32.max) : whole.partialValue + Int(fraction / 1_000_000_000_000_000)
    }

    fileprivate var inMilliseconds: Double { self / .milliseconds(1) }

    fileprivate var words: String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
