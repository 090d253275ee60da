internal import Handshake
internal import Matrix

/// The servers that were asked for a template: a row for each, shown together where the stage ends.
struct CandidateTable: Sendable {
    private var rows: [[String]] = []

    mutating func add(_ attempt: CandidateAttempt) {
        let answer = [attempt.status.map { String($0) }, attempt.errcode?.string, attempt.fault?.rawValue]
        rows.append([
            attempt.server.description, attempt.stage.rawValue, answer.compactMap(\.self).joined(separator: " "),
            "\(Int(attempt.milliseconds.rounded())) ms", attempt.goesOn ? "next" : "stop", attempt.rule,
        ])
    }

    /// The rows under their headings, and none from then on.
    mutating func taken() -> [String] {
        guard !rows.isEmpty else { return [] }
        let table = [["candidate", "stage", "answer", "time", "", "rule"]] + rows
        rows = []
        let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            let cells = zip(row.dropLast(), widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }
            return TextReport.line(.said, cells.joined() + (row.last ?? ""))
        }
    }
}
