package import Federation
package import Matrix

/// A request and what came of it, its signature left out: nothing that renders a record ever had it.
package struct HTTPExchange: Sendable {
    package let id: Int
    package let stage: Stage
    package let request: Request
    /// Request line and headers as they went over the wire, signature redacted; nil where none did.
    package let sentHead: Text?
    package let response: Response?
    package let error: TransportError?
    package let exchange: Exchange
    /// How far the answer's `Date` is ahead of our clock, in milliseconds; nil where there is none.
    package let clockOffset: Int?

    init(id: Int, stage: Stage, request: Request, outcome: Result<Response, TransportError>) {
        self.id = id
        self.stage = stage
        self.request = Self.redacted(request)
        var exchange = outcome.exchange
        sentHead = exchange.sentHead.map(Self.redacted)
        exchange.sentHead = nil
        self.exchange = exchange
        clockOffset = (try? outcome.get())?.clockOffset(at: WallClock.now())
        // Made anew, since what came of a request has the head that went out in it, too.
        switch outcome {
        case .success(let answer):
            let whole = answer.withoutSignature(of: request)
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
        id: Int, stage: Stage, request: Request, sentHead: Text?, response: Response?, error: TransportError?,
        exchange: Exchange, clockOffset: Int?
    ) {
        self.id = id
        self.stage = stage
        self.request = request
        self.sentHead = sentHead
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
            let text = String(decoding: line, as: UTF8.self)
            guard text.lowercased().hasPrefix("authorization:") else { return text }
            let value = text.dropFirst("authorization:".count).drop { $0 == " " }.prefix { $0 != "\r" }
            return "Authorization: \(XMatrix(parsing: Text(String(value)))?.redacted ?? "[redacted]")"
        }
        return Text(lines.joined(separator: "\n"))
    }
}

extension Result<Response, TransportError> {
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
