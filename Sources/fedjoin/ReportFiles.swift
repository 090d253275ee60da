internal import Federation
internal import Handshake
internal import Reporting

/// The reports that are files: what they are made of is kept until the run ends, and then each is written.
struct ReportFiles: Sendable {
    private var junit: JUnitReport?
    private var har: HARReport?
    private let options: OutputOptions

    /// Nothing is sent to anybody where a report could not be kept in the end.
    init(_ options: OutputOptions) throws {
        self.options = options
        junit = options.reportJunit == nil ? nil : JUnitReport()
        har = options.har == nil ? nil : HARReport()
        for (option, path) in [("--report-junit", options.reportJunit), ("--har", options.har)] {
            guard let path else { continue }
            guard path != "-" else {
                throw UsageError(
                    "\(option) - is no file: - stands for standard input elsewhere",
                    hints: ["standard output is /dev/stdout, and a file of that name is ./-"])
            }
            do { try SystemFile.checkPlace(path) } catch {
                throw UsageError("\(option) \(error.description)", status: 73)
            }
        }
    }

    mutating func take(_ record: Record) {
        junit?.take(record)
        har?.take(record)
    }

    /// What cannot be written is said, and the run's verdict stays what it is.
    func write() {
        if let path = options.reportJunit, let junit { Self.write("--report-junit", path, junit.document) }
        if let path = options.har, let har { Self.write("--har", path, har.document) }
    }

    private static func write(_ option: String, _ path: String, _ document: String) {
        do { try SystemFile.saveWhole(Array(document.utf8), to: path) } catch {
            Process.lose("\(option) \(error.description)")
        }
    }
}
