package import Handshake
internal import Matrix

/// A record as a run folder keeps it: the JSON record, and beside it as `saved` what only other reports show.
package enum SavedRecord {
    /// One line of ASCII JSON without its end.
    package static func line(_ record: Record) -> String {
        var object = JSONReport.object(record)
        let rest = record.rest
        if !rest.members.isEmpty { object["saved"] = .object(rest) }
        return JSON.object(object).ascii
    }
}
