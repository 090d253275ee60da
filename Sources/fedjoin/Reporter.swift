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
    private let state: Mutex<State>

    init(_ options: OutputOptions) {
        format = options.output
        state = Mutex(State(text: TextReport(verbosity: options.verbose)))
    }

    func write(_ record: Record) {
        state.withLock { state in
            switch format {
            case .text: Self.write(state.text.render(record))
            case .ndjson: Process.out(JSONReport.line(record))
            case .json: state.records.append(.object(JSONReport.object(record)))
            }
            guard case .runEnd(let end) = record.event else { return }
            if format != .text { ClosingLines(end).errors.forEach(Process.err) }
            if format == .json {
                Process.out(JSONReport.ascii(["v": .integer(JSONReport.version), "records": .array(state.records)]))
            }
        }
    }

    private static func write(_ output: TextReport.Output) {
        output.transcript.forEach(Process.out)
        output.errors.forEach(Process.err)
    }
}
