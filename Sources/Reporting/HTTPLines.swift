internal import Federation
internal import Handshake
internal import Matrix

/// One exchange as lines: what was asked, what came back, and the more the more verbose.
struct HTTPLines {
    private static let longestShown = 4096
    let exchange: HTTPExchange
    let verbosity: Int

    init(_ exchange: HTTPExchange, verbosity: Int) {
        self.exchange = exchange
        self.verbosity = verbosity
    }

    var lines: [String] {
        guard verbosity > 0 else { return [sent] + received }
        // libcurl's own words have the heads, too.
        if !exchange.trace.isEmpty { return [sent] + sentBody + trace + connection + received + body + times }
        return [sent] + sentHead + sentBody + connection + received + receivedHead + body + times
    }

    private var sent: String {
        let size = exchange.request.body.map { " (\($0.count) bytes)" } ?? ""
        return TextReport.line(.sent, "\(exchange.request.method.rawValue) \(target)\(size)")
    }

    /// The path, decoded, of a request to the stage's server; the whole address of one that anybody can make. The list
    /// of offered room versions is left out.
    private var target: String {
        let request = exchange.request
        let parts = Text(request.target).split(at: "?")
        let path =
            PercentEncoding.decode(Substring((parts?.before ?? Text(request.target)).string).utf8)?.string
            ?? request.target
        let query = parts.flatMap { PercentEncoding.decode(Substring($0.after.string).utf8)?.string }
        let shown = query.map { $0.hasPrefix("ver=") ? path : "\(path)?\($0)" } ?? path
        if exchange.isSigned { return shown }
        return "https://\(request.host)\(request.port == 443 ? "" : ":\(request.port)")\(shown)"
    }

    private var received: [String] {
        if let error = exchange.error { return [TextReport.line(.unexpected, error.description)] }
        guard let response = exchange.response else { return [] }
        let status = [String(response.status), reason(response)].filter { !$0.isEmpty }.joined(separator: " ")
        if (200..<300).contains(response.status) { return [TextReport.line(.received, "\(status), \(size(response))")] }
        // Where anybody may ask, no error code is due: that of a well-known file or of a version that is not there.
        if !exchange.isSigned, isExpected(response.status) { return [TextReport.line(.received, status)] }
        let answer = ErrorAnswer(response)
        guard let errcode = answer.errcode else {
            return [TextReport.line(.unexpected, "\(status), \(size(response)) without an errcode")]
        }
        return [
            TextReport.line(.unexpected, status),
            TextReport.line(.unexpected, "\(errcode): \"\(answer.message?.string ?? "")\""),
        ]
    }

    private func isExpected(_ status: Int) -> Bool {
        if (300..<400).contains(status) { return exchange.request.redirects > 0 }
        return status == 404 && !exchange.request.target.hasPrefix("/_matrix/key/v2/query/")
    }

    /// A short answer that anybody can have is shown whole.
    private func size(_ response: Response) -> String {
        guard !exchange.isSigned, response.body.count <= 100, let text = Text(validating: response.body.bytes) else {
            return "\(response.body.count) bytes"
        }
        return text.string
    }

    private func reason(_ response: Response) -> String {
        response.reason.isEmpty ? Self.reasons[response.status] ?? "" : response.reason.string
    }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    ]

    private var sentHead: [String] {
        let lines = exchange.sentHead?.string.split { $0.isNewline } ?? []
        return lines.map { TextReport.line(.sent, "  \($0)") }
    }

    private var trace: [String] {
        exchange.trace.map { line in
            let gutter: TextReport.Gutter =
                switch line.bytes.first {
                case UInt8(ascii: ">"), UInt8(ascii: "}"): .sent
                case UInt8(ascii: "<"), UInt8(ascii: "{"): .received
                default: .said
                }
            return TextReport.line(gutter, "  \(line)")
        }
    }

    private var connection: [String] {
        var lines: [String] = []
        if let remote = exchange.exchange.remote {
            lines.append(TextReport.line(.received, "  connected to \(remote)"))
        }
        if let tls = exchange.exchange.tls {
            let verified = tls.verified ? "verified" : "NOT verified"
            lines.append(
                TextReport.line(
                    .received, "  \(tls.version), certificate \(verified): subject \(tls.subject), issuer \(tls.issuer)"
                ))
            lines.append(
                TextReport.line(
                    .received, "  names \(tls.names.joined(separator: ", ")), valid \(tls.notBefore) to \(tls.notAfter)"
                ))
        }
        return lines
    }

    private var receivedHead: [String] {
        exchange.response?.headers.map { TextReport.line(.received, "  \($0.name): \($0.value)") } ?? []
    }

    private var sentBody: [String] { lines(.sent, exchange.request.body?.count ?? 0) { exchange.request.body } }

    private var body: [String] {
        lines(.received, exchange.response?.body.count ?? 0) { exchange.response?.body.bytes }
    }

    /// A body of up to 4 KiB, or of any size where everything is wanted; whole, on one line.
    private func lines(_ gutter: TextReport.Gutter, _ count: Int, _ bytes: () -> [UInt8]?) -> [String] {
        guard count > 0, isShown(count), let text = bytes().flatMap({ Text(validating: $0) }) else { return [] }
        return ["\(gutter.rawValue)   \(Terminal.escaped(text.string))"]
    }

    private func isShown(_ count: Int) -> Bool { verbosity > 1 || count <= Self.longestShown }

    private var times: [String] {
        let times = exchange.exchange.timings
        let phases: [(String, Double?)] = [
            ("dns", times.dns), ("tcp", times.tcp), ("tls", times.tls), ("wait", times.wait),
            ("receive", times.receive),
        ]
        return Milliseconds.words(phases).map { [TextReport.line(.received, "  \($0)")] } ?? []
    }
}
