package import Federation
internal import Matrix

/// What `--save` keeps of a run: its records, and every file that a later step, a repetition or a bug report wants.
///
/// What cannot be written ends no run but where our event could not be sent again: it is remembered, and told at the end.
package final class RunFolder: Sendable {
    private struct State {
        var stage = Stage.identity
        var fault: Fault?
        var isTold = false
        /// Of each server, documents by the names of the lists that `ServerKeyFile` has.
        var keys: [ServerName: [Text: [JSON]]] = [:]
    }

    /// The first thing that could not be kept.
    package struct Fault: Sendable {
        package let stage: Stage
        package let problem: String

        package var failure: Failure {
            var failure = Failure(stage, .other, "the run is not kept whole: \(problem)")
            failure.side = .ours
            failure.isOfSaving = true
            return failure
        }
    }

    private static let recordsName = "run.ndjson"

    private let folder: NewFolder
    private let records: NewFile
    private let state = Locked(State())

    /// Makes the folder at `path`, which may be there where it is empty.
    package init(_ path: String) throws(SystemFile.Failure) {
        folder = try NewFolder(path)
        records = try folder.make(Self.recordsName)
    }

    var path: String { folder.path }
    package var fault: Fault? { state.withLock { $0.fault } }

    /// Takes the folder away again, of a run that never began.
    package func discard() { folder.discard(Self.recordsName) }

    /// Keeps `record` as `line`. A fault is told later: this is called while a record is handed on.
    package func keep(_ record: Record, as line: String) {
        if case .stageStart(let start) = record.event { state.withLock { $0.stage = start.stage } }
        do { try records.write(Array((line + "\n").utf8)) } catch { note(error) }
    }

    /// Keeps the event that is about to be sent, so that it is there whatever happens then.
    func keep(event: EventFile, as name: String, _ stage: Stage) throws(Failure) {
        do { try folder.write(Self.bytes(.object(event.object)), whole: name) } catch {
            note(error)
            var failure = Failure(stage, .other, "our event cannot be kept, so it is not sent: \(error.description)")
            failure.side = .ours
            failure.isOfSaving = true
            throw failure
        }
    }

    func keep(_ value: JSON, as name: String, _ journal: Journal) {
        attempt(journal) { () throws(SystemFile.Failure) in try folder.make(name).write(Self.bytes(value)) }
    }

    func keep(_ body: Blob, as name: String, _ journal: Journal) {
        attempt(journal) { () throws(SystemFile.Failure) in try folder.make(name).write(body) }
    }

    /// Keeps a server's keys, to be written at the end; apart those that only the resident vouches for.
    func keep(_ keys: ServerKeys, isVouched: Bool = false) {
        let document = JSON.object(keys.document)
        let list = isVouched ? ServerKeyFile.vouched : ServerKeyFile.own
        state.withLock { state in
            guard state.keys[keys.server]?[list]?.contains(document) != true else { return }
            state.keys[keys.server, default: [:]][list, default: []].append(document)
        }
    }

    /// Keeps our own key as others have it, which our own event needs.
    func keep(own identity: Identity) {
        let end = WallClock.now() + 86_400_000
        guard let document = try? OwnKeyDocument(server: identity.server, key: identity.key, validUntil: end),
            let keys = try? ServerKeys(.object(document.object), of: identity.server)
        else { return }
        keep(keys)
    }

    /// Writes what was collected, and sees that all of it is on the disk but for the record of the end.
    package func finish(_ journal: Journal) {
        let keys = state.withLock { state in
            defer { state.keys = [:] }
            return state.keys
        }
        for (server, lists) in keys.sorted(by: { $0.key.text < $1.key.text }) {
            var file = JSON.Object()
            for (name, documents) in lists { file[name] = .array(documents) }
            keep(.object(file), as: "keys/\(Self.fileName(server)).json", journal)
        }
        attempt(journal) { () throws(SystemFile.Failure) in
            try records.sync()
            try folder.sync()
        }
        tell(journal)
    }

    /// A file's name has 255 bytes at most, as a server's has, too.
    static func fileName(_ server: ServerName) -> String {
        let name = server.description
        guard name.utf8.count > 200 else { return name }
        return "\(name.prefix(100))-\(Base64.encode(SHA256.hash(Array(name.utf8)), urlSafe: true))"
    }

    private static func bytes(_ value: JSON) -> [UInt8] { Array((value.ascii + "\n").utf8) }

    private func attempt(_ journal: Journal, _ work: () throws(SystemFile.Failure) -> Void) {
        do { try work() } catch {
            note(error)
            tell(journal)
        }
    }

    private func note(_ error: SystemFile.Failure) {
        state.withLock { $0.fault = $0.fault ?? Fault(stage: $0.stage, problem: error.description) }
    }

    /// Says once what could not be kept.
    private func tell(_ journal: Journal) {
        let fault = state.withLock { state in
            defer { state.isTold = state.fault != nil }
            return state.isTold ? nil : state.fault
        }
        if let fault { journal.check("save", .fail, fault.failure.message) }
    }
}
