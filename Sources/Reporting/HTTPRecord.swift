internal import Federation
internal import Handshake
internal import Matrix

/// An exchange as a JSON record.
struct HTTPRecord {
    /// Longer bodies are left out; their sizes are given all the same.
    private static let longestBody = 65_536
    let exchange: HTTPExchange

    init(_ exchange: HTTPExchange) { self.exchange = exchange }

    var object: JSON.Object {
        var object: JSON.Object = [
            "stage": .string(Text(exchange.stage.rawValue)), "id": .integer(exchange.id),
            "server": .string(Text(exchange.request.hostHeader)),
            "remote": JSONReport.text(exchange.exchange.remote.map { Text($0) }), "tls": tls, "request": request,
            "response": response, "error": JSONReport.text(exchange.error.map { Text($0.description) }),
            "timings": timings, "clock_offset": exchange.clockOffset.map { .integer($0) } ?? .null,
        ]
        if !exchange.trace.isEmpty { object["trace"] = .array(exchange.trace.map { .string($0) }) }
        return object
    }

    private var request: JSON {
        let request = exchange.request
        return [
            "method": .string(Text(request.method.rawValue)), "target": .string(Text(request.target)),
            "headers": headers([Header(name: "Host", value: Text(request.hostHeader))] + request.headers),
            "body": body(request.body ?? []), "bytes": .integer(request.body?.count ?? 0),
        ]
    }

    private var response: JSON {
        guard let response = exchange.response else { return .null }
        let isShort = response.body.count <= Self.longestBody
        return [
            "status": .integer(response.status), "headers": headers(response.headers),
            "body": isShort ? body(response.body.bytes) : .null, "bytes": .integer(response.body.count),
        ]
    }

    private var tls: JSON { Self.object(exchange.exchange.tls) }

    static func object(_ tls: TLSFacts?) -> JSON {
        guard let tls else { return .null }
        return [
            "version": .string(Text(tls.version)), "subject": .string(Text(tls.subject)),
            "issuer": .string(Text(tls.issuer)), "names": .array(tls.names.map { .string(Text($0)) }),
            "not_before": .string(Text(tls.notBefore)), "not_after": .string(Text(tls.notAfter)),
            "verified": .bool(tls.verified), "chain": .integer(tls.chain.count),
        ]
    }

    private var timings: JSON { Self.object(exchange.exchange.timings) }

    static func object(_ timings: Timings) -> JSON {
        let phases: [(Text, Double?)] = [
            ("dns", timings.dns), ("tcp", timings.tcp), ("tls", timings.tls), ("wait", timings.wait),
            ("receive", timings.receive),
        ]
        var object = JSON.Object()
        for (name, time) in phases { object[name] = time.map(JSONReport.decimal) ?? .null }
        return .object(object)
    }

    private func headers(_ headers: [Header]) -> JSON {
        .array(headers.map { .array([.string($0.name), .string($0.value)]) })
    }

    /// The body as JSON where it is some; as text where it is that; else nothing.
    private func body(_ bytes: [UInt8]) -> JSON {
        guard !bytes.isEmpty else { return .null }
        if let value = try? JSON(parsing: bytes) { return value }
        return JSONReport.text(Text(validating: bytes))
    }
}
