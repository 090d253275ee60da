internal import Federation
internal import Matrix

/// Reads an exchange of a run folder back.
struct HTTPReader {
    private let fields: RecordFields
    private let rest: RecordFields
    private let answer: Blob?

    init(_ fields: RecordFields, _ rest: RecordFields, answer: Blob?) {
        self.fields = fields
        self.rest = rest
        self.answer = answer
    }

    func exchange() throws(FileFault) -> HTTPExchange {
        let exchange = try facts()
        return HTTPExchange(
            id: try fields.integer("id"), stage: try fields.stage(), request: try request(),
            sentHead: rest["head"]?.text, trace: rest["trace"]?.array?.compactMap(\.text) ?? [],
            response: try response(exchange), error: try error(exchange),
            exchange: exchange, clockOffset: fields.optionalInteger("clock_offset"))
    }

    private func request() throws(FileFault) -> Request {
        let said = try fields.fields("request")
        var request = Request(
            try said.value("method") { Request.Method(rawValue: $0.string) }, try said.string("target"),
            host: try rest.string("host"), port: try rest.integer("port"), hostHeader: try fields.string("server"))
        // The first is Host, which the request has apart.
        request.headers = try headers(said).dropFirst().map(\.self)
        request.body = try rest.bytes("request_body")
        request.redirects = try rest.integer("redirects")
        return request
    }

    private func response(_ exchange: Exchange) throws(FileFault) -> Response? {
        guard fields["response"] != nil else { return nil }
        let said = try fields.fields("response")
        let isFile = rest["response_body"]?["file"] != nil
        let body = isFile ? answer : Blob(try rest.bytes("response_body") ?? [])
        return Response(
            status: try said.integer("status"), reason: try rest.text("reason"), headers: try headers(said),
            body: body ?? Blob([]), exchange: exchange)
    }

    private func error(_ exchange: Exchange) throws(FileFault) -> TransportError? {
        guard fields["error"] != nil else { return nil }
        return TransportError(
            kind: try rest.value("error_kind") { TransportError.Kind(rawValue: $0.string) },
            description: try fields.string("error"), exchange: exchange)
    }

    private func facts() throws(FileFault) -> Exchange {
        var exchange = Exchange()
        exchange.remote = fields["remote"]?.text?.string
        exchange.tls = fields["tls"] == nil ? nil : try tls(try fields.fields("tls"))
        let times = try fields.fields("timings")
        exchange.timings = Timings(
            dns: times.optionalDecimal("dns"), tcp: times.optionalDecimal("tcp"), tls: times.optionalDecimal("tls"),
            wait: times.optionalDecimal("wait"), receive: times.optionalDecimal("receive"))
        exchange.redirectedTo = try rest.texts("redirected_to").map(\.string)
        exchange.bytesSent = try rest.bool("bytes_sent")
        exchange.requestBytes = try rest.integer("request_bytes")
        exchange.responseBytes = try rest.integer("response_bytes")
        return exchange
    }

    private func tls(_ said: RecordFields) throws(FileFault) -> TLSFacts {
        var facts = TLSFacts(
            version: try said.string("version"), subject: try said.string("subject"),
            issuer: try said.string("issuer"), names: try said.texts("names").map(\.string),
            notBefore: try said.string("not_before"), notAfter: try said.string("not_after"),
            verified: try said.bool("verified"))
        facts.chain = try rest.pairs("chain").map { TLSFacts.Link(subject: $0.string, issuer: $1.string) }
        return facts
    }

    private func headers(_ said: RecordFields) throws(FileFault) -> [Header] {
        try said.pairs("headers").map { Header(name: $0, value: $1) }
    }
}
