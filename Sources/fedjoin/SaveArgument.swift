internal import Federation
internal import Handshake
internal import Reporting

/// The --save option.
enum SaveArgument {
    /// The folder at `path`, made before the run begins; nil where none is wanted.
    static func folder(_ path: String?) throws -> RunFolder? {
        guard let path else { return nil }
        do { return try RunFolder(path) } catch {
            let hints = error.isOfFullFolder ? ["a run wants a folder of its own"] : []
            throw UsageError("--save \(error.description)", hints: hints, status: 73)
        }
    }
}

extension RunFolder {
    func keep(_ record: Record) { keep(record, as: SavedRecord.line(record)) }
}
