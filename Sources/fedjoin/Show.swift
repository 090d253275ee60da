internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", _superCommandName: Tool.name,
        abstract: "Print a run that --save kept again, in any form, as it was printed then.")

    @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"))
    var folder: String

    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let run = try SavedRun(folder)
        let reporter = try Reporter(output)
        if let problem = try run.forEach(reporter.write) { Process.err(ClosingLines.line("warning", problem)) }
    }
}

/// A run in a folder, as `--save` kept it.
struct SavedRun {
    private static let largest = 1 << 30

    let path: String
    private let records: LineFile
    private let answer: Blob?

    init(_ path: String) throws {
        self.path = path
        let file = "\(path)/run.ndjson"
        do { records = try LineFile(file, namedBy: .folder, longest: SavedRecord.longest) } catch {
            let hints = SystemFile.isFolder(path) ? [] : ["a run is a folder that --save made"]
            throw UsageError(error.description, hints: hints, status: 66)
        }
        answer = try Self.answer("\(path)/send_join.json")
    }

    /// The answer to send_join; nil where there is none.
    private static func answer(_ path: String) throws -> Blob? {
        do { return try Blob.reading(path, namedBy: .folder, limit: largest) } catch {
            guard SystemFile.exists(path) || error.isNoFile else { return nil }
            throw UsageError(error.description, status: 66)
        }
    }

    /// The event in the file at `path`, which may be one of a run that came to none.
    static func event(_ path: String, namedBy namer: SystemFile.Namer = .person) throws -> EventFile {
        do {
            return try InputFile.reading(path, namedBy: namer) { value throws(FileFault) in
                try EventFile(parsing: value)
            }
        } catch let error as UsageError {
            throw UsageError(error.message, hints: error.hints + hints(without: path), status: error.status)
        }
    }

    private static func hints(without path: String) -> [String] {
        guard path != "-" else { return [] }
        if SystemFile.isFolder(path) { return ["the event of a run is in its file event.json"] }
        let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        guard !SystemFile.exists(path), SystemFile.exists("\(folder)/run.ndjson") else { return [] }
        if SystemFile.exists("\(folder)/leave_event.json") { return ["the run that is kept there was a leave"] }
        return ["the run that is kept there ended before it had made an event: it has sent none, and can be begun anew"]
    }

    /// What is to be said of the folder of a run to which no answer to send_join came; nil where it is none of a run.
    static func lacksAnswer(_ folder: String) -> UsageError? {
        guard SystemFile.exists("\(folder)/run.ndjson"), !SystemFile.exists("\(folder)/send_join.json") else {
            return nil
        }
        let event = "\(folder)/event.json"
        var hints = hints(without: event)
        if SystemFile.exists("\(folder)/make_knock.json") {
            hints = ["it was a knock, which is not shown a room to judge"]
        } else if SystemFile.exists(event) {
            hints = ["to send its join, for an answer: fedjoin send-join \(Shell.quoted(event))"]
        }
        return UsageError(
            "\(folder): no answer to send_join came in the run that is kept there", hints: hints, status: 66)
    }

    /// Calls `show` with each record in its order; what the run lacks is said.
    func forEach(_ show: (Record) -> Void) throws -> String? {
        let reader = RecordReader(answer: answer)
        var number = 0
        var hasEnded = false
        while let line = try next() {
            number += 1
            guard case .whole(let bytes) = line else {
                guard line == .tooLong else { return "\(path)/run.ndjson: its last line is cut off" }
                throw unusable(number, "it has more than \(SavedRecord.longest) bytes, as no record has")
            }
            do throws(FileFault) {
                guard let record = try reader.record(bytes) else { continue }
                if case .runStart = record.event, number > 1 { throw FileFault("another run begins") }
                if case .runEnd = record.event { hasEnded = true }
                show(record)
            } catch { throw unusable(number, error.description) }
        }
        return hasEnded ? nil : "\(path)/run.ndjson: the run did not come to its end"
    }

    private func next() throws -> LineFile.Line? {
        do { return try records.next() } catch { throw UsageError(error.description, status: 66) }
    }

    private func unusable(_ line: Int, _ problem: String) -> UsageError {
        InputFile.unusable("\(path)/run.ndjson", "line \(line): \(problem)")
    }
}
