internal import Federation
internal import Matrix

/// What to try next: the id of a cause, and the words for people.
package struct Hint: Sendable, Hashable {
    package let id: String
    package let text: String

    package init(_ id: String, _ text: String) {
        self.id = id
        self.text = text
    }
}

/// The names that a cause's hints and tools speak of.
struct DiagnosisNames: Sendable {
    var server = "the other server"
    var host = "HOST"
    var place = "HOST:PORT"
    var port = "8448"
    var us = "our name"
    /// Where our key is fetched from: host and port.
    var ours = "OUR-NAME:8448"
    /// What sends curl to the target of an SRV record.
    var route = ""

    init() {}

    init(_ server: ServerName?) {
        guard let server else { return }
        self.server = server.description
        host = server.urlHost
        place = "\(host):\(server.port ?? 8448)"
        port = String(server.port ?? 8448)
    }

    init(_ destination: Destination) {
        self.init(destination.server)
        host = destination.certificateHost
        place = destination.place
        port = String(destination.port)
        route = destination.targets.first.map { " --connect-to ::\($0.host):\($0.port)" } ?? ""
    }

    /// Of what is the matter with ourselves.
    static func own(_ server: ServerName) -> DiagnosisNames {
        var names = DiagnosisNames(server)
        names.us = names.place
        names.ours = names.place
        return names
    }

    /// The same where it is known where our name leads.
    static func own(_ place: Destination) -> DiagnosisNames {
        var names = DiagnosisNames(place)
        names.us = names.server
        names.ours = "\(names.host):\(names.port)"
        return names
    }

    func filled(_ template: String) -> String {
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open] + (value(rest[rest.index(after: open)..<close]) ?? String(rest[open...close]))
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }

    /// The line to copy into a shell; nil where a name has in it what a shell or the tool would act on, as only a hostile
    /// one can.
    func line(_ tool: Diagnosis.Tool) -> String? { ToolLine(filled(tool.rawValue))?.text }

    private func value(_ name: Substring) -> String? {
        switch name {
        case "server": server
        case "host": host
        case "place": place
        case "port": port
        case "us": us
        case "ours": ours
        case "route": route
        // No name is asked for where there is none.
        case "sni": ServerName(Text(host))?.isIPLiteral == true ? "" : " -servername \(host)"
        default: nil
        }
    }
}

extension Failure {
    /// Says what the catalogue has of a cause: side, hints and the line to copy. What it does not know stays as it is.
    mutating func explain(_ diagnosis: Diagnosis?, _ names: DiagnosisNames) {
        guard let diagnosis else { return }
        side = diagnosis.side
        hints = diagnosis.hints.map { Hint(diagnosis.id, names.filled($0)) }
        if hints.isEmpty { hints = [Hint(diagnosis.id, names.filled(diagnosis.cause))] }
        command = diagnosis.tool.flatMap { names.line($0) }
    }

    func explained(_ id: String, _ names: DiagnosisNames = DiagnosisNames()) -> Failure {
        var failure = self
        failure.explain(Diagnosis.named(id), names)
        return failure
    }
}
