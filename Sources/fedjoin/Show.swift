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
    private let records: Blob

    init(_ path: String) throws {
        self.path = path
        for name in ["run.ndjson", "send_join.json"] { try InputFile.refuseSpecial("\(path)/\(name)") }
        do { records = try Blob.reading("\(path)/run.ndjson", limit: Self.largest) } catch {
            let hints =
                SystemFile.isFolder(path) ? [] : ["a run is a folder that --save made"]
            throw UsageError(error.description, hints: hints, status: 66)
        }
    }

    /// The event in the file at `path`, which may be one of a run that came to none.
    static func event(_ path: String) throws -> EventFile {
        do {
            return try InputFile.reading(path) { value throws(FileFault) in try EventFile(parsing: value) }
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
            hints = ["to send its join, for an answer: fedjoin send-join \(ClosingLines.shellQuoted(event))"]
        }
        return UsageError(
            "\(folder): no answer to send_join came in the run that is kept there", hints: hints, status: 66)
    }

    /// Calls `show` with each record in its order; what the run lacks is said.
    func forEach(_ show: (Record) -> Void) throws -> String? {
        let reader = RecordReader(answer: try? Blob.reading("\(path)/send_join.json", limit: Self.largest))
        var number = 0
        var hasEnded = false
        for line in records.lines {
            number += 1
            let bytes = records[line.range]
            guard line.isWhole else { return "\(path)/run.ndjson: its last line is cut off" }
            do throws(FileFault) {
                guard let record = try reader.record(bytes) else { continue }
                if case .runStart = record.event, number > 1 { throw FileFault("another run begins") }
                if case .runEnd = record.event { hasEnded = true }
                show(record)
            } catch { throw InputFile.unusable("\(path)/run.ndjson", "line \(number): \(error.description)") }
        }
        return hasEnded ? nil : "\(path)/run.ndjson: the run did not come to its end"
    }
}

extension Blob {
    /// Each line without its end; the last one is whole where it has one.
    fileprivate var lines: [(range: Range<Int>, isWhole: Bool)] {
        withBytes(in: 0..<count) { bytes in
            var lines: [(range: Range<Int>, isWhole: Bool)] = []
            var start = 0
            for i in bytes.indices where bytes[i] == 0x0A {
                lines.append((start..<i, true))
                start = i + 1
            }
            if start < bytes.count { lines.append((start..<bytes.count, false)) }
            return lines
        }
    }
}
