package import Handshake
internal import Matrix

/// A record as a run folder keeps it: the JSON record, and beside it as `saved` what only other reports show.
package enum SavedRecord {
    /// How many bytes a line may have: the longest answers that are asked for beside that of send_join have 16 MiB, and
    /// most of what is in them is written as it is.
    package static let longest = 32 << 20

    /// One line of ASCII JSON without its end, of `longest` bytes at most: an answer that has no room in it is left out.
    package static func line(_ record: Record) -> String { line(record, longest: longest) }

    static func line(_ record: Record, longest: Int) -> String {
        var rest = record.rest
        let line = line(record, rest)
        guard line.utf8.count > longest else { return line }
        rest["response_body"] = .null
        return self.line(record, rest)
    }

    private static func line(_ record: Record, _ rest: JSON.Object) -> String {
        var object = JSONReport.object(record)
        if !rest.members.isEmpty { object["saved"] = .object(rest) }
        return JSON.object(object).ascii
    }
}
