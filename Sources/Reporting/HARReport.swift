internal import Federation
package import Handshake
internal import Matrix

/// The requests of a run as a HTTP Archive 1.2, which a browser's developer tools open: a page is a stage.
package struct HARReport: Sendable {
    private struct Page {
        let id: String
        let title: String
        let time: Double
    }

    /// Bodies of more are left out, and their sizes stay.
    private static let longestBody = 4 << 20

    private var began = 0
    private var title = ""
    private var pages: [Page] = []
    private var entries: [(exchange: HTTPExchange, page: String?, time: Double)] = []

    package init() {}

    package mutating func take(_ record: Record) {
        switch record.event {
        case .runStart(let start):
            began = start.timestamp
            title = "\(start.command) \(start.room)"
        case .stageStart(let start):
            let id = "\(pages.count + 1)_\(start.stage.rawValue)"
            pages.append(Page(id: id, title: "\(start.stage.rawValue): \(start.title)", time: record.time))
        case .http(let exchange): entries.append((exchange, pages.last?.id, record.time))
        default: break
        }
    }

    /// The archive, whole: ASCII, as the records are.
    package var document: String {
        let log: JSON.Object = [
            "version": "1.2", "creator": ["name": .string(Text(Tool.name)), "version": .string(Text(Tool.version))],
            "pages": .array(pages.map(page)), "entries": .array(entries.map(entry)),
            "comment": .string(Text(title)),
        ]
        return JSONReport.ascii(["log": .object(log)]) + "\n"
    }

    private func date(_ milliseconds: Double) -> JSON {
        .string(Text(WallClock.iso8601(began + Int(max(0, milliseconds)))))
    }

    private func page(_ page: Page) -> JSON {
        [
            "startedDateTime": date(page.time), "id": .string(Text(page.id)), "title": .string(Text(page.title)),
            "pageTimings": .object(JSON.Object()),
        ]
    }

    private func entry(_ exchange: HTTPExchange, _ page: String?, _ time: Double) -> JSON {
        let times = HARTimings(exchange.exchange.timings)
        var entry: JSON.Object = [
            "startedDateTime": date(time - times.total), "time": JSONReport.decimal(times.total),
            "request": request(exchange), "response": response(exchange), "cache": .object(JSON.Object()),
            "timings": times.json,
        ]
        entry["pageref"] = page.map { .string(Text($0)) }
        entry["serverIPAddress"] = exchange.exchange.remote.map { .string(Text(Self.address($0))) }
        entry["comment"] = exchange.error.map { .string(Text($0.description)) }
        return .object(entry)
    }

    /// `[::1]:443` without its port and brackets.
    private static func address(_ remote: String) -> String {
        let host = remote.lastIndex(of: ":").map { String(remote[..<$0]) } ?? remote
        return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }

    private func request(_ exchange: HTTPExchange) -> JSON {
        let request = exchange.request
        let port = request.port == 443 ? "" : ":\(request.port)"
        var object: JSON.Object = [
            "method": .string(Text(request.method.rawValue)),
            "url": .string(Text("https://\(request.host)\(port)\(request.target)")), "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": Self.headers(Self.sent(exchange)), "queryString": Self.query(request.target),
            "headersSize": exchange.sentHead.map { .integer($0.count) } ?? -1,
            "bodySize": .integer(request.body?.count ?? 0),
        ]
        if let body = request.body {
            let type = request.headers.first(named: "Content-Type") ?? "application/octet-stream"
            object["postData"] = [
                "mimeType": .string(type), "text": .string(Text(validating: body) ?? ""), "params": [],
            ]
        }
        return .object(object)
    }

    private func response(_ exchange: HTTPExchange) -> JSON {
        guard let response = exchange.response else {
            return [
                "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
                "content": ["size": 0, "mimeType": "x-unknown"], "redirectURL": "", "headersSize": -1, "bodySize": -1,
                "_error": .string(Text(exchange.error?.description ?? "")),
            ]
        }
        return [
            "status": .integer(response.status), "statusText": .string(response.reason), "httpVersion": "HTTP/1.1",
            "cookies": [], "headers": Self.headers(response.headers), "content": Self.content(response),
            "redirectURL": .string(response.header("Location") ?? ""), "headersSize": -1,
            "bodySize": .integer(response.body.count),
        ]
    }

    private static func content(_ response: Response) -> JSON {
        var content: JSON.Object = [
            "size": .integer(response.body.count),
            "mimeType": .string(response.header("Content-Type") ?? "application/octet-stream"),
        ]
        guard response.body.count <= longestBody else {
            content["comment"] = "left out, since it is long"
            return .object(content)
        }
        let bytes = response.body.bytes
        if let text = Text(validating: bytes) {
            content["text"] = .string(text)
        } else {
            let encoded = Base64.encode(bytes).string
            content["text"] = .string(Text(encoded + String(repeating: "=", count: (4 - encoded.count % 4) % 4)))
            content["encoding"] = "base64"
        }
        return .object(content)
    }

    /// Those that went over the wire, where any did.
    private static func sent(_ exchange: HTTPExchange) -> [Header] {
        guard let head = exchange.sentHead else {
            return [Header(name: "Host", value: Text(exchange.request.hostHeader))] + exchange.request.headers
        }
        return head.string.split { $0.isNewline }.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return Header(name: Text(String(line[..<colon])), value: Text(String(value)))
        }
    }

    private static func headers(_ headers: [Header]) -> JSON {
        .array(headers.map { ["name": .string($0.name), "value": .string($0.value)] })
    }

    private static func query(_ target: String) -> JSON {
        guard let parts = Text(target).split(at: "?") else { return [] }
        return .array(
            parts.after.string.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let decoded = parts.map { PercentEncoding.decode($0.utf8) ?? Text(String($0)) }
                return ["name": .string(decoded[0]), "value": .string(decoded.count > 1 ? decoded[1] : "")]
            })
    }
}

/// The phases of an exchange, as an archive has them: what did not happen is -1, and `connect` has TLS within it.
private struct HARTimings {
    private let timings: Timings

    /// In tenths of a millisecond, as records have them: a run that is shown again has no more.
    init(_ timings: Timings) {
        func tenths(_ time: Double?) -> Double? { time.map(Milliseconds.tenths) }
        self.timings = Timings(
            dns: tenths(timings.dns), tcp: tenths(timings.tcp), tls: tenths(timings.tls), wait: tenths(timings.wait),
            receive: tenths(timings.receive))
    }

    private var connect: Double? {
        timings.tcp == nil && timings.tls == nil ? nil : (timings.tcp ?? 0) + (timings.tls ?? 0)
    }

    var total: Double {
        [timings.dns, connect, timings.wait, timings.receive].compactMap(\.self).reduce(0, +)
    }

    var json: JSON {
        [
            "blocked": -1, "dns": phase(timings.dns), "connect": phase(connect), "ssl": phase(timings.tls), "send": 0,
            "wait": phase(timings.wait ?? 0), "receive": phase(timings.receive ?? 0),
        ]
    }

    private func phase(_ time: Double?) -> JSON { time.map(JSONReport.decimal) ?? -1 }
}
