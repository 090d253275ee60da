package import Federation
package import Matrix

/// A request and what came of it, its signature left out: nothing that renders a record ever had it.
package struct HTTPExchange: Sendable {
    package let id: Int
    package let stage: Stage
    package let request: Request
    /// Request line and headers as they went over the wire, signature redacted; nil where none did.
    package let sentHead: Text?
    /// What libcurl said of it; empty unless asked for.
    package let trace: [Text]
    package let response: Response?
    package let error: TransportError?
    package let exchange: Exchange
    /// How far the answer's `Date` is ahead of our clock, in milliseconds; nil where there is none.
    package let clockOffset: Int?

    /// Unless the options show secrets, the signature is left out of all of it.
    init(
        id: Int, stage: Stage, request: Request, outcome: Result<Response, TransportError>,
        _ options: JournalOptions = JournalOptions()
    ) {
        self.id = id
        self.stage = stage
        let (outcome, redacts) = (outcome.told(options), !options.showsSecrets)
        self.request = redacts ? Self.redacted(request) : request
        var exchange = outcome.exchange
        sentHead = redacts ? exchange.sentHead.map(Self.redacted) : exchange.sentHead
        trace = redacts ? Self.redacted(exchange.trace, of: request) : exchange.trace
        exchange.sentHead = nil
        exchange.trace = []
        self.exchange = exchange
        let isDated = options.fixedTime == nil
        clockOffset = isDated ? (try? outcome.get())?.clockOffset(at: WallClock.now()) : nil
        // Made anew, since what came of a request has the head that went out in it, too.
        switch outcome {
        case .success(let answer):
            let whole = redacts ? answer.withoutSignature(of: request) : answer
            response = Response(
                status: whole.status, reason: whole.reason, headers: whole.headers, body: whole.body,
                exchange: exchange)
            error = nil
        case .failure(let whole):
            response = nil
            error = TransportError(kind: whole.kind, description: whole.description, exchange: exchange)
        }
    }

    /// Of a run that was saved.
    init(
        id: Int, stage: Stage, request: Request, sentHead: Text?, trace: [Text], response: Response?,
        error: TransportError?, exchange: Exchange, clockOffset: Int?
    ) {
        self.id = id
        self.stage = stage
        self.request = request
        self.sentHead = sentHead
        self.trace = trace
        self.response = response
        self.error = error
        self.exchange = exchange
        self.clockOffset = clockOffset
    }

    /// Whether it was a federation request of ours, rather than one that anybody can make.
    package var isSigned: Bool { request.headers.contains { $0.name == "Authorization" } }

    private static func redacted(_ request: Request) -> Request {
        var request = request
        request.headers = request.headers.map { header in
            guard header.name == "Authorization" else { return header }
            return Header(name: header.name, value: XMatrix(parsing: header.value)?.redacted ?? "[redacted]")
        }
        return request
    }

    private static func redacted(_ head: Text) -> Text {
        let lines = head.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            redacted(line: String(decoding: line, as: UTF8.self))
        }
        return Text(lines.joined(separator: "\n"))
    }

    private static func redacted(line text: String) -> String {
        let lead = text.hasPrefix("> ") ? "> " : ""
        let line = text.dropFirst(lead.count)
        for name in ["Authorization", "Proxy-Authorization"] where line.lowercased().hasPrefix("\(name.lowercased()):")
        {
            let value = line.dropFirst(name.count + 1).drop { $0 == " " }.prefix { $0 != "\r" }
            return "\(lead)\(name): \(XMatrix(parsing: Text(String(value)))?.redacted ?? "[redacted]")"
        }
        return text
    }

    private static func redacted(_ trace: [Text], of request: Request) -> [Text] {
        // What a proxy was told is repeated by some of them.
        let lead = "> proxy-authorization: basic "
        let told = trace.map(\.string).filter { $0.lowercased().hasPrefix(lead) }.map {
            Text(String($0.dropFirst(lead.count)))
        }
        let secrets = ([request.signature].compactMap(\.self) + told).filter { !$0.isEmpty }
        return trace.map { line in
            secrets.reduce(Text(redacted(line: line.string))) { $0.without($1) }
        }
    }
}

extension Result<Response, TransportError> {
    /// Without times, where the run's are fixed.
    fileprivate func told(_ options: JournalOptions) -> Self {
        guard options.fixedTime != nil else { return self }
        var exchange = exchange
        exchange.timings = Timings()
        return map { answer in
            Response(
                status: answer.status, reason: answer.reason, headers: answer.headers, body: answer.body,
                exchange: exchange)
        }.mapError { TransportError(kind: $0.kind, description: $0.description, exchange: exchange) }
    }

    fileprivate var exchange: Exchange {
        switch self {
        case .success(let response): response.exchange
        case .failure(let error): error.exchange
        }
    }
}

/// A transport that reports every request to the journal, so that no stage has to remember to.
package struct RecordingTransport: Transport {
    private let transport: any Transport
    private let journal: Journal

    package init(_ transport: any Transport, journal: Journal) {
        self.transport = transport
        self.journal = journal
    }

    package func send(_ request: Request) async throws(TransportError) -> Response {
        async let _: Void = journal.tellWaiting(for: "\(request.host):\(request.port)")
        do {
            let response = try await transport.send(request)
            journal.http(request, .success(response))
            return response
        } catch {
            journal.http(request, .failure(error))
            throw error
        }
    }
}
