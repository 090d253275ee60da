internal import CCurl
internal import Matrix

/// One request under way: a libcurl handle, and the task that waits for it.
///
/// Not Sendable: it lives and dies on the transport's thread.
final class Transfer {
    typealias Outcome = Result<Response, TransportError>
    typealias Continuation = CheckedContinuation<Outcome, Never>

    let id: Int
    let easy = EasyHandle()
    private let request: Request
    private let continuation: Continuation
    private let body: Blob?
    private var head: ResponseHead
    private var sent: SentBytes
    private var pace: Pace
    private var refusal: Refusal?
    private var tlsVersion: String?
    /// Nil where nobody wants it.
    private var trace: CurlTrace?
    /// Why an address was passed over; libcurl says of that only that it could not connect.
    private var blocked: Refusal?

    init(id: Int, _ request: Request, _ settings: CurlTransport.Settings, _ continuation: Continuation) {
        self.id = id
        self.request = request
        self.continuation = continuation
        body = Blob(limit: request.limits.bodyBytes)
        head = ResponseHead(limit: request.limits.headerBytes)
        sent = SentBytes(request)
        pace = Pace(request.limits)
        trace = settings.traces ? CurlTrace() : nil
        refusal = request.fault ?? (body == nil ? Refusal(.other, "there is no room for the response") : nil)
        easy.setUp(for: request, settings)
        easy.setCallbacks(to: self)
        if let option = easy.refusedOption {
            refusal = refusal ?? Refusal(.other, "this libcurl does not know option \(option.rawValue)")
        }
    }

    /// When the last socket was opened, and how long TCP took on it: libcurl tells no time of TCP where TLS failed.
    private var opened: ContinuousClock.Instant?
    private var tcpTime: Double?

    /// Whether `fault` has to be asked often.
    var isPaced: Bool { pace.isLimited }

    /// Why the transfer has to end now, or must not begin.
    var fault: Refusal? { refusal ?? sent.fault ?? pace.fault(at: .now) }

    // MARK: What libcurl calls. Zero ends the transfer with CURLE_WRITE_ERROR.

    func take(header line: UnsafeRawBufferPointer) -> Int {
        do throws(Refusal) {
            try head.take(line)
        } catch {
            return refuse(error)
        }
        if head.isFinal { pace.received(line.count, at: .now) }
        return line.count
    }

    func take(body bytes: UnsafeRawBufferPointer) -> Int {
        pace.received(bytes.count, at: .now)
        if let body, body.append(bytes) {
            if let watch = request.watch, (200..<300).contains(head.status) { watch.arrived(body) }
            return bytes.count
        }
        return refuse(Refusal(.tooLarge, "the response is longer than \(request.limits.bodyBytes) bytes"))
    }

    func take(sentHead bytes: UnsafeRawBufferPointer) {
        sent.take(head: bytes)
        pace.sent(at: .now)
    }

    func take(sentBody bytes: UnsafeRawBufferPointer) {
        sent.take(body: bytes)
        pace.sent(at: .now)
    }

    /// The first bytes of TLS go out, so that TCP stands.
    func takeGreeting() {
        tcpTime = tcpTime ?? opened.map { $0.duration(to: .now) / .microseconds(1) / 1000 }
    }

    func take(trace kind: curl_infotype, _ bytes: UnsafeRawBufferPointer) { trace?.take(kind, bytes) }

    func take(note: UnsafeRawBufferPointer) {
        let lead = "SSL connection using "
        guard note.starts(with: lead.utf8) else { return }
        tlsVersion = String(decoding: note.dropFirst(lead.utf8.count).prefix { $0 != 0x20 }, as: UTF8.self)
    }

    /// Whether a connection may go to `address`, judged on the very address that it is about to go to.
    ///
    /// A pointer, since an IPv6 address goes on behind the end of the structure: in a copy half of it would be missing.
    func admits(_ address: UnsafePointer<curl_sockaddr>) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = Int(ccurl_address_bytes(address, &bytes))
        guard let ip = IPAddress(bytes: Array(bytes[..<count])) else { return false }
        guard let words = request.policy.refusal(of: ip) else {
            opened = .now
            return true
        }
        blocked = blocked ?? Refusal(.blocked, words)
        return false
    }

    private func refuse(_ refusal: Refusal) -> Int {
        if self.refusal == nil { self.refusal = refusal }
        return 0
    }

    // MARK: The end

    /// Answers the task that waits, with what libcurl made of the transfer. To be called once, as `fail` is.
    func finish(_ code: CURLcode, _ connections: inout ConnectionFacts) {
        if let refusal = fault ?? refusal(code) { return fail(refusal, &connections) }
        guard let body, head.isDone else {
            return fail(Refusal(.protocolFault, "the response has no head"), &connections)
        }
        let exchange = exchange(verified: request.verifiesPeer, &connections)
        let response = Response(
            status: head.status,
            reason: head.reason,
            headers: head.headers,
            body: body,
            exchange: exchange
        )
        continuation.resume(returning: .success(response))
    }

    func fail(_ refusal: Refusal, _ connections: inout ConnectionFacts) {
        // Before the first byte was sent, nothing is known to be verified.
        let exchange = exchange(verified: request.verifiesPeer && sent.count > 0, &connections)
        let error = TransportError(kind: refusal.kind, description: refusal.words, exchange: exchange)
        continuation.resume(returning: .failure(error))
    }

    private func refusal(_ code: CURLcode) -> Refusal? {
        guard code != CURLE_OK else { return nil }
        if code == CURLE_COULDNT_CONNECT, let blocked { return blocked }
        let refusal = Refusal(code, words: easy.words(code), headerLimit: request.limits.headerBytes)
        guard let proxy = request.proxy, easy.isOfProxy(code) else { return refusal }
        return Refusal(refusal.kind, "the proxy \(proxy.place): \(refusal.words)")
    }

    private func exchange(verified: Bool, _ connections: inout ConnectionFacts) -> Exchange {
        var exchange = Exchange()
        exchange.remote = easy.remote
        exchange.timings = easy.timings
        if request.isFresh { exchange.timings.tcp = exchange.timings.tcp ?? tcpTime }
        (exchange.timings.wait, exchange.timings.receive) = pace.times(at: .now)
        let seen = tlsVersion.flatMap { SeenCertificates(easy, version: $0, verified: verified) }
        exchange.certificates = connections.certificates(easy, new: seen)
        exchange.sentHead = sent.text
        exchange.trace = trace?.lines ?? []
        exchange.bytesSent = sent.count > 0
        exchange.requestBytes = sent.count
        exchange.responseBytes = head.bytes + (body?.count ?? 0)
        return exchange
    }
}
