internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

/// Writes a run's records as they come, in the format that was asked for.
final class Reporter: Sendable {
    /// A line, and whether it is one for stderr.
    private struct Line {
        let text: String
        let isError: Bool
    }

    private struct State {
        var text: TextReport
        var records: [JSON] = []
        var files: ReportFiles
        /// What is said only where the run fails; nil where lines are not held back.
        var held: [Line]?
        /// When something was last said, and how far work was.
        var lastSaid = ContinuousClock.now
        var lastTold: ContinuousClock.Instant?
        /// Whether stderr has what stdout could not be told.
        var hasTold = false
    }

    private let options: OutputOptions
    private let journalOptions: JournalOptions
    private let toErrors: Bool
    private let paints: Bool
    private let showsProgress: Bool
    private let state: Locked<State>
    private var format: OutputFormat { options.output }

    /// With `toErrors` all goes to stderr: of commands that put an answer on stdout.
    init(_ options: OutputOptions, toErrors: Bool = false) throws {
        self.options = options
        self.toErrors = toErrors
        journalOptions = try options.journalOptions()
        showsProgress = Process.hasTerminal && options.quiet == 0
        let isTerminal = toErrors ? Process.isErrTerminal : Process.isOutTerminal
        paints = options.color.isWanted(isTerminal: isTerminal)
        state = Locked(
            State(
                text: TextReport(verbosity: options.verbose), files: try ReportFiles(options),
                held: options.quiet == 1 ? [] : nil))
    }

    /// The journal of the run that this reports.
    func journal(keeping keep: @escaping @Sendable (Record) -> Void = { _ in }) -> Journal {
        Journal(journalOptions, progress: tell) { [self] record in
            write(record)
            keep(record)
        }
    }

    /// Says on a terminal how far long work is, in a line that the next one takes the place of.
    private func tell(_ progress: String) {
        guard showsProgress else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            guard state.lastSaid.duration(to: now) > .seconds(1) else { return }
            if let last = state.lastTold, last.duration(to: now) < .milliseconds(200) { return }
            state.lastTold = now
            Process.errPart("\r\(Terminal.line(progress))\u{1B}[K")
        }
    }

    func write(_ record: Record) {
        state.withLock { state in
            if state.lastTold != nil { Process.errPart("\r\u{1B}[K") }
            (state.lastSaid, state.lastTold) = (.now, nil)
            state.files.take(record)
            say(lines(record, &state), &state)
            switch record.event {
            case .linger(let end, _):
                release(end, &state)
                tellLost(end, &state)
            case .runEnd(let end):
                release(end, &state)
                state.held = nil
                tellLost(end, &state)
                state.files.write()
            default: break
            }
        }
    }

    private func lines(_ record: Record, _ state: inout State) -> [Line] {
        switch format {
        case .text:
            let output = state.text.render(record)
            return output.transcript.map(line) + output.errors.map { Line(text: $0, isError: true) }
        case .ndjson: return [line(JSONReport.line(record))] + errors(record)
        case .json:
            state.records.append(.object(JSONReport.object(record)))
            guard case .runEnd = record.event else { return [] }
            return errors(record) + [line(JSONReport.whole(state.records))]
        }
    }

    private func line(_ text: String) -> Line { Line(text: text, isError: toErrors) }

    /// What a person wants to know who has JSON written elsewhere.
    private func errors(_ record: Record) -> [Line] {
        guard case .runEnd(let end) = record.event, !toErrors else { return [] }
        return ClosingLines(end).errors.map { Line(text: $0, isError: true) }
    }

    private func say(_ lines: [Line], _ state: inout State) {
        guard options.quiet < 2 else { return }
        guard state.held == nil else {
            state.held?.append(contentsOf: lines)
            return
        }
        for line in lines {
            let text = paints && format == .text ? Colors.painted(line.text) : line.text
            line.isError ? Process.err(text) : Process.out(text)
        }
    }

    /// Says on stderr what became of the room, where stdout took nothing.
    private func tellLost(_ end: RunEnd, _ state: inout State) {
        let wasSaid = toErrors && format == .text && options.quiet == 0
        guard Process.hasLostOut, !wasSaid, !state.hasTold else { return }
        state.hasTold = true
        for line in ClosingLines(end).essentials { Process.err(line) }
    }

    /// Says what was held back, where the run has failed.
    private func release(_ end: RunEnd, _ state: inout State) {
        guard end.exit != 0, let held = state.held else { return }
        state.held = nil
        say(held, &state)
    }
}

extension ColorChoice {
    fileprivate func isWanted(isTerminal: Bool) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: Colors.areWanted(isTerminal: isTerminal, environment: Process.environment)
        }
    }
}
