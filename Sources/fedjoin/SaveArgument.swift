internal import Federation
internal import Handshake
internal import Reporting

/// The --save option.
enum SaveArgument {
    /// The folder at `path`, made before the run begins; nil where none is wanted. No report may stand in it, where it
    /// could take the place of a file of the run.
    static func folder(_ path: String?, apartFrom reports: [String?]) throws -> RunFolder? {
        guard let path else { return nil }
        let inside = reports.compactMap { $0 }.first { SystemFile.isInside($0, of: path) }
        if let inside {
            throw UsageError("\(inside) is in the folder of --save, which has files of the run alone", status: 73)
        }
        do { return try RunFolder(path) } catch {
            let hints = error.isOfFullFolder ? ["a run wants a folder of its own"] : []
            throw UsageError("--save \(error.description)", hints: hints, status: 73)
        }
    }
}

extension RunFolder {
    func keep(_ record: Record) { keep(record, as: SavedRecord.line(record)) }
}
