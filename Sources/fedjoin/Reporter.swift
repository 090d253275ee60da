internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting
internal import Synchronization

/// Writes a run's records as they come, in the format that was asked for.
final class Reporter: Sendable {
    private struct State {
        var text: TextReport
        var records: [JSON] = []
    }

    private let format: OutputFormat
    private let toErrors: Bool
    private let state: Mutex<State>

    /// With `toErrors` all goes to stderr: of commands that put an answer on stdout.
    init(_ options: OutputOptions, toErrors: Bool = false) {
        self.toErrors = toErrors
        format = options.output
        state = Mutex(State(text: TextReport(verbosity: options.verbose)))
    }

    func write(_ record: Record) {
        state.withLock { state in
            switch format {
            case .text: write(state.text.render(record))
            case .ndjson: out(JSONReport.line(record))
            case .json: state.records.append(.object(JSONReport.object(record)))
            }
            guard case .runEnd(let end) = record.event else { return }
            if format != .text, !toErrors { ClosingLines(end).errors.forEach(Process.err) }
            if format == .json {
                out(JSONReport.ascii(["v": .integer(JSONReport.version), "records": .array(state.records)]))
            }
        }
    }

    private func out(_ line: String) { toErrors ? Process.err(line) : Process.out(line) }

    private func write(_ output: TextReport.Output) {
        output.transcript.forEach(out)
        output.errors.forEach(Process.err)
    }
}
