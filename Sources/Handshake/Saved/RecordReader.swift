package import Federation
internal import Matrix

/// Reads records of a run folder back: the JSON record, and its `saved` member, which Record.rest has written.
package struct RecordReader: Sendable {
    /// The answer to send_join, which is in a file of its own; nil where it is not there.
    private let answer: Blob?

    package init(answer: Blob?) { self.answer = answer }

    /// The record in `line`, or nil where it is of a kind that is not known or not shown.
    package func record(_ line: [UInt8]) throws(FileFault) -> Record? {
        let object: JSON
        do { object = try JSON(parsing: line) } catch { throw FileFault("it is not JSON: \(error)") }
        let fields = try RecordFields(object)
        let rest = try fields["saved"].map { value throws(FileFault) in try RecordFields(value) } ?? RecordFields([:])
        guard let event = try event(try fields.string("type"), fields, rest) else { return nil }
        return Record(time: fields.optionalDecimal("t") ?? 0, event: event)
    }

    private func event(
        _ type: String, _ fields: RecordFields, _ rest: RecordFields
    ) throws(FileFault) -> Record.Event? {
        switch type {
        case "run_start": .runStart(try RunStart(fields, rest))
        case "stage_start":
            .stageStart(
                StageStart(
                    stage: try fields.stage(), server: try fields.optional("server") { ServerName($0) },
                    title: try fields.string("title")))
        case "dns": .dns(try DNSLookUp(fields))
        case "resolved": .resolved(try fields.stage(), try destination(fields, rest))
        case "well_known": .wellKnown(try fields.stage(), try fields.server(), try wellKnown(fields, rest))
        case "http": .http(try HTTPReader(fields, rest, answer: answer).exchange())
        case "check": .check(try Check(fields, rest))
        case "room": .room(try RoomSummary(fields))
        case "stripped_state": .strippedState(try StrippedState(fields))
        case "visit": .visit(try visit(fields))
        case "candidate": .candidate(try CandidateAttempt(fields, rest))
        case "stage_end": .stageEnd(try StageEnd(fields, rest))
        case "linger": .linger(try RunEnd(rest), seconds: try fields.integer("seconds"))
        case "run_end": .runEnd(try RunEnd(rest))
        default: nil
        }
    }

    private func destination(_ fields: RecordFields, _ rest: RecordFields) throws(FileFault) -> Destination {
        var targets: [Request.Place] = []
        if rest["targets"] != nil {
            for target in try rest.list("targets") {
                let place = try RecordFields(target)
                targets.append(Request.Place(host: try place.string("host"), port: try place.integer("port")))
            }
        }
        var destination = Destination(
            server: try fields.server(), rule: try fields.text("rule"), name: try fields.server("host_header"),
            targets: targets)
        destination.addresses = try fields.texts("addresses")
        return destination
    }

    private func wellKnown(_ fields: RecordFields, _ rest: RecordFields) throws(FileFault) -> WellKnown.Outcome {
        if let name = try fields.optional("delegated", { ServerName($0) }) {
            return .delegated(
                name,
                CacheTime(seconds: try fields.integer("cache_seconds"), source: try fields.string("cache_source")))
        }
        let reason = try fields.string("reason")
        return rest["unusable"] == nil ? .none(reason) : .unusable(reason)
    }

    private func visit(_ fields: RecordFields) throws(FileFault) -> KeyServer.Visit {
        KeyServer.Visit(
            method: try fields.text("method"), path: try fields.text("path"), peer: try fields.string("peer"),
            origin: fields["origin"]?.text, status: try fields.integer("status"))
    }
}

extension RunStart {
    fileprivate init(_ fields: RecordFields, _ rest: RecordFields) throws(FileFault) {
        self.init(
            timestamp: try rest.integer("ms"), run: try fields.text("run"), command: try fields.string("command"),
            room: try fields.text("room"), user: try fields.text("user"), origin: fields["origin"]?.text,
            keyID: fields["key_id"]?.text, keyPath: rest["key_path"]?.text?.string,
            stages: try fields.texts("stages").compactMap { Stage(rawValue: $0.string) },
            insecure: try fields.texts("insecure"), tool: try fields.string("tool"))
    }
}

extension DNSLookUp {
    fileprivate init(_ fields: RecordFields) throws(FileFault) {
        self.init(
            stage: try fields.stage(), name: try fields.text("name"), kinds: try fields.string("rr"),
            rcode: fields["rcode"]?.text?.string, answers: try fields.texts("answers"),
            problem: fields["error"]?.text?.string, milliseconds: fields.optionalDecimal("ms"))
    }
}

extension Check {
    fileprivate init(_ fields: RecordFields, _ rest: RecordFields) throws(FileFault) {
        self.init(
            stage: try fields.stage(), check: try fields.string("check"),
            result: try fields.value("result") { Outcome(rawValue: $0.string) }, subject: fields["subject"]?.text,
            server: try fields.optional("server") { ServerName($0) }, detail: try fields.string("detail"),
            depth: rest["depth"] == "each" ? .each : rest["depth"] == "why" ? .why : .plain)
    }
}

extension RoomSummary {
    fileprivate init(_ fields: RecordFields) throws(FileFault) {
        var powers: [(user: Text, level: Int)] = []
        for power in try fields.list("powers") {
            let power = try RecordFields(power)
            powers.append((user: try power.text("user"), level: try power.integer("level")))
        }
        self.init(
            id: try fields.value("room_id") { RoomID($0) },
            version: try fields.value("room_version") { RoomVersion.named($0) },
            creators: try fields.texts("creators"), joinRule: try fields.text("join_rule"),
            joined: try fields.integer("joined"), invited: try fields.integer("invited"),
            banned: try fields.integer("banned"), servers: try fields.integer("servers"),
            isPartial: try fields.bool("partial"), powers: powers,
            historyVisibility: fields["history_visibility"]?.text, encryption: fields["encryption"]?.text,
            replacement: fields["replacement_room"]?.text, aclAdmitsUs: fields["acl_admits_us"]?.bool)
    }
}

extension StrippedState {
    fileprivate init(_ fields: RecordFields) throws(FileFault) {
        var entries: [Entry] = []
        for event in try fields.list("events") {
            let event = try RecordFields(event)
            entries.append(
                Entry(
                    type: try event.text("type"), stateKey: try event.text("state_key"),
                    sender: try event.text("sender"), content: try event.fields("content").object))
        }
        self.init(server: try fields.server(), entries: entries, leftOut: try fields.integer("left_out"))
    }
}

extension CandidateAttempt {
    fileprivate init(_ fields: RecordFields, _ rest: RecordFields) throws(FileFault) {
        self.init(
            stage: try fields.stage(), server: try fields.server(), status: fields.optionalInteger("status"),
            errcode: fields["errcode"]?.text, fault: try fields.optional("fault") { FailureClass(rawValue: $0.string) },
            milliseconds: try rest.decimal("ms"), goesOn: try fields.bool("next"), rule: try fields.string("rule"))
    }
}

extension StageEnd {
    fileprivate init(_ fields: RecordFields, _ rest: RecordFields) throws(FileFault) {
        self.init(
            stage: try fields.stage(), result: try fields.value("result") { Outcome(rawValue: $0.string) },
            failure: rest["failure"] == nil ? nil : try Failure(try rest.fields("failure")),
            milliseconds: try fields.decimal("ms"))
    }
}

extension Failure {
    fileprivate init(_ rest: RecordFields) throws(FileFault) {
        self.init(
            try rest.stage(), try rest.value("class") { FailureClass(rawValue: $0.string) },
            try rest.string("message"), server: try rest.optional("server") { ServerName($0) })
        side = try rest.value("side") { Side(rawValue: $0.string) }
        hints = try rest.pairs("hints").map { Hint(saved: $0.string, $1.string) }
        command = try rest.command()
        signal = rest.optionalInteger("signal").flatMap { Int32(exactly: $0) }
        isOfSaving = try rest.bool("saving")
        guard rest["answer"] != nil else { return }
        let said = try rest.fields("answer")
        answer = ErrorAnswer(
            status: try said.integer("status"), errcode: said["errcode"]?.text, message: said["error"]?.text)
    }
}

extension RunEnd {
    fileprivate init(_ rest: RecordFields) throws(FileFault) {
        self.init(
            exit: try rest.integer("exit"),
            failure: rest["failure"] == nil ? nil : try Failure(try rest.fields("failure")),
            stoppedAfter: try rest.optional("stopped_after") { Stage(rawValue: $0.string) },
            facts: try RunFacts(try rest.fields("facts")), command: try rest.string("command"),
            user: try rest.text("user"), milliseconds: try rest.decimal("ms"))
        undoOptions = try rest.undoOptions()
    }
}

extension RunFacts {
    fileprivate init(_ rest: RecordFields) throws(FileFault) {
        self.init()
        roomID = try rest.optional("room_id") { RoomID($0) }
        roomVersion = try rest.optional("room_version") { RoomVersion.named($0) }
        eventID = try rest.optional("event_id") { EventID($0) }
        leaveEventID = try rest.optional("leave_event_id") { EventID($0) }
        resident = try rest.optional("resident") { ServerName($0) }
        (sent, joined, verified) = (rest["sent"]?.bool, rest["joined"]?.bool, rest["verified"]?.bool)
        isUnsettled = try rest.bool("unsettled")
        hasLeft = try rest.bool("left")
        hasKnocked = try rest.bool("knocked")
        warnings = try rest.integer("warnings")
    }
}

/// Lines that a person is told to copy. One that this program did not write was put there to be copied.
extension RecordFields {
    fileprivate func command() throws(FileFault) -> String? {
        guard self["command"] != nil else { return nil }
        guard let line = ToolLine(try string("command")) else {
            throw FileFault("its command is not one that \(Tool.name) says to copy")
        }
        return line.text
    }

    fileprivate func undoOptions() throws(FileFault) -> [String] {
        guard let options = UndoOptions.read(try texts("undo")) else {
            throw FileFault("its undo is not one that \(Tool.name) says to copy")
        }
        return options
    }
}
