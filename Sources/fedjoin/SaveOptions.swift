internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Reporting

struct SaveOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep the whole run in this folder, a new or an empty one.", valueName: "dir"))
    var save: String?

    /// Made before the run begins; nil where none is wanted.
    func folder() throws -> RunFolder? {
        guard let save else { return nil }
        do { return try RunFolder(save) } catch {
            let hints = error.isOfFullFolder ? ["a run wants a folder of its own"] : []
            throw UsageError("--save \(error.description)", hints: hints, status: 73)
        }
    }
}

extension RunFolder {
    func keep(_ record: Record) { keep(record, as: SavedRecord.line(record)) }
}
