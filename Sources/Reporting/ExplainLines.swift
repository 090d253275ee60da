internal import Federation
package import Handshake
package import Matrix

/// What `fedjoin explain` says: a cause, an errcode or an exit status in full.
package enum ExplainLines {
    /// All of one cause, for people.
    package static func lines(_ diagnosis: Diagnosis) -> [String] {
        var lines = ["\(diagnosis.id): \(plain(diagnosis.cause))", "side: \(diagnosis.side.rawValue)"]
        lines += diagnosis.hints.map { "hint: \(plain($0))" }
        if let tool = diagnosis.tool { lines.append("to see it: \(plain(tool.rawValue))") }
        lines += diagnosis.patterns.map { "shows as: \(shown($0))" }
        return lines
    }

    /// One line of a list.
    package static func line(_ diagnosis: Diagnosis) -> String {
        let width = Diagnosis.catalogue.map(\.id.count).max() ?? 0
        let padding = String(repeating: " ", count: width - diagnosis.id.count)
        return "\(diagnosis.id)\(padding)  \(plain(diagnosis.cause))"
    }

    /// The stage and class of an exit status, or what a status outside of those means; nil where there is no such one.
    package static func meaning(exit: Int) -> String? {
        if let other = others[exit] { return other }
        let kinds = FailureClass.allCases.filter { $0 != .usage }
        guard let kind = kinds.first(where: { kind in kind.ones == exit % 10 }) else { return nil }
        let stages = Stage.allCases.filter { $0.tens == exit / 10 * 10 }.map(\.rawValue)
        return stages.isEmpty ? nil : "stage \(stages.joined(separator: " or ")), class \(kind.rawValue)"
    }

    /// The causes that an exit status can have.
    package static func causes(exit: Int) -> [Diagnosis] {
        Diagnosis.catalogue.filter { $0.seen.contains { $0.mayExit(exit) } }
    }

    /// The class of an answer with that HTTP status; nil for what is none of an error.
    package static func meaning(status: Int) -> String? {
        guard (400..<600).contains(status) else { return nil }
        return "an answer with that HTTP status, class \(ErrorAnswer.failureClass(of: status).rawValue)"
    }

    /// The causes that an answer with that HTTP status can have, by the status or by its errcode's class.
    package static func causes(status: Int) -> [Diagnosis] {
        let kind = ErrorAnswer.failureClass(of: status)
        return Diagnosis.catalogue.filter { diagnosis in
            diagnosis.patterns.contains { pattern in
                pattern.statuses.contains(status) || (!pattern.errcodes.isEmpty && pattern.kinds.contains(kind))
            }
        }
    }

    /// The causes that an errcode can have.
    package static func causes(errcode: Text) -> [Diagnosis] {
        Diagnosis.catalogue.filter { $0.seen.contains { $0.errcodes.contains(errcode) } }
    }

    /// The catalogue as JSON.
    package static func json(_ diagnoses: [Diagnosis]) -> JSON {
        .array(
            diagnoses.map { diagnosis in
                [
                    "id": .string(Text(diagnosis.id)), "side": .string(Text(diagnosis.side.rawValue)),
                    "cause": .string(Text(plain(diagnosis.cause))),
                    "hints": .array(diagnosis.hints.map { .string(Text(plain($0))) }),
                    "command": diagnosis.tool.map { .string(Text(plain($0.rawValue))) } ?? .null,
                    "shows_as": .array(diagnosis.patterns.map { .string(Text(shown($0))) }),
                ]
            })
    }

    private static let others = [
        0: "all that was asked for was done", 64: "the command line", 65: "an input file of wrong form",
        66: "an input that cannot be opened", 70: "a fault of fedjoin itself",
        73: "an output that cannot be made or exists",
        74: "output that could not be written", 77: "a signing key that others may read", 130: "interrupted",
        143: "terminated",
    ]

    private static let names = [
        "{server}": "the server", "{host}": "HOST", "{place}": "HOST:PORT", "{port}": "PORT", "{us}": "OUR-NAME",
        "{sni}": " -servername HOST", "{ours}": "OUR-NAME:PORT", "{route}": "",
    ]

    private static func plain(_ template: String) -> String {
        names.reduce(template) { text, name in
            text.split(separator: name.key, omittingEmptySubsequences: false).joined(separator: name.value)
        }
    }

    private static func shown(_ pattern: Diagnosis.Pattern) -> String {
        let parts = [
            pattern.stages.map(\.rawValue).joined(separator: " or "),
            pattern.kinds.map(\.rawValue).joined(separator: " or "),
            pattern.statuses.count > 5 ? "5xx" : pattern.statuses.map { String($0) }.joined(separator: " or "),
            pattern.errcodes.map(\.string).joined(separator: " or "),
            pattern.words.map { "\"\($0)\"" }.joined(separator: " or "), pattern.isPage ? "no JSON" : "",
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
