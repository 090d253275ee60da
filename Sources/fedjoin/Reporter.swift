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
        /// When something was last said, and how far work was.
        var lastSaid = ContinuousClock.now
        var lastTold: ContinuousClock.Instant?
    }

    private let format: OutputFormat
    private let toErrors: Bool
    private let showsProgress: Bool
    private let state: Mutex<State>

    /// With `toErrors` all goes to stderr: of commands that put an answer on stdout.
    init(_ options: OutputOptions, toErrors: Bool = false) {
        self.toErrors = toErrors
        showsProgress = Process.hasTerminal
        format = options.output
        state = Mutex(State(text: TextReport(verbosity: options.verbose)))
    }

    /// Says on a terminal how far long work is, in a line that the next one takes the place of.
    func tell(_ progress: String) {
        guard showsProgress else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            guard state.lastSaid.duration(to: now) > .seconds(1) else { return }
            if let last = state.lastTold, last.duration(to: now) < .milliseconds(200) { return }
            state.lastTold = now
            Process.errPart("\r\(progress)\u{1B}[K")
        }
    }

    func write(_ record: Record) {
        state.withLock { state in
            if state.lastTold != nil { Process.errPart("\r\u{1B}[K") }
            (state.lastSaid, state.lastTold) = (.now, nil)
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
