internal import Federation
package import Handshake
package import Matrix

/// Records as JSON objects (`-o ndjson`: one a line). Field names are stable; readers ignore those they do not know.
package enum JSONReport {
    package static let version = 1

    /// The record as one line of ASCII JSON without its end.
    package static func line(_ record: Record) -> String { ascii(.object(object(record))) }

    /// The one object that `-o json` prints, as a line.
    package static func whole(_ records: [JSON]) -> String {
        ascii(["v": .integer(version), "records": .array(records)])
    }

    /// The one record of a command that ended before its run began, as a line: by itself, or as a whole run.
    package static func ended(exit: Int, over message: String, isWhole: Bool) -> String {
        let unknown: [Text] = [
            "failed_stage", "stopped_after", "room_id", "room_version", "event_id", "leave_event_id", "resident",
            "verified",
        ]
        var object: JSON.Object = [
            "v": .integer(version), "type": "run_end", "t": 0, "result": "fail", "exit": .integer(exit),
            "class": .string(Text(FailureClass.usage.rawValue)), "side": .string(Text(Side.ours.rawValue)),
            "message": .string(Text(message)), "sent": false, "joined": false, "ms": 0,
        ]
        for key in unknown { object[key] = .null }
        return isWhole ? whole([.object(object)]) : ascii(.object(object))
    }

    package static func object(_ record: Record) -> JSON.Object {
        var (type, object) = body(record.event)
        object["v"] = .integer(version)
        object["type"] = .string(type)
        if case .runStart = record.event { return object }
        object["t"] = decimal(record.time)
        return object
    }

    private static func body(_ event: Record.Event) -> (Text, JSON.Object) {
        switch event {
        case .runStart(let start): ("run_start", self.start(start))
        case .stageStart(let start):
            (
                "stage_start",
                ["stage": stage(start.stage), "server": text(start.server?.text), "title": text(Text(start.title))]
            )
        case .dns(let dns): ("dns", self.dns(dns))
        case .resolved(let stage, let destination): ("resolved", resolved(stage, destination))
        case .wellKnown(let stage, let server, let outcome): ("well_known", wellKnown(stage, server, outcome))
        case .rule(let finding): ("rule", ProbeRecord.object(finding))
        case .address(let probe): ("address", ProbeRecord.object(probe))
        case .http(let exchange): ("http", HTTPRecord(exchange).object)
        case .check(let check): ("check", self.check(check))
        case .room(let room): ("room", RoomLines.object(room))
        case .strippedState(let state): ("stripped_state", StrippedStateLines.object(state))
        case .visit(let visit):
            (
                "visit",
                [
                    "method": .string(visit.method), "path": .string(visit.path), "peer": .string(Text(visit.peer)),
                    "origin": text(visit.origin), "status": .integer(visit.status),
                ]
            )
        case .candidate(let attempt): ("candidate", candidate(attempt))
        case .stageEnd(let end): ("stage_end", self.end(end))
        case .linger(_, let seconds): ("linger", ["seconds": .integer(seconds)])
        case .runEnd(let end): ("run_end", self.end(end))
        }
    }

    private static func start(_ start: RunStart) -> JSON.Object {
        [
            "ts": .string(Text(WallClock.iso8601(start.timestamp))), "run": .string(start.run),
            "tool": .string(Text(start.tool)), "command": .string(Text(start.command)),
            "room": .string(start.room), "user": .string(start.user), "origin": text(start.origin),
            "key_id": text(start.keyID), "stages": .array(start.stages.map(stage)),
            "insecure": .array(start.insecure.map { .string($0) }),
        ]
    }

    private static func dns(_ dns: DNSLookUp) -> JSON.Object {
        [
            "stage": stage(dns.stage), "name": .string(dns.name), "rr": .string(Text(dns.kinds)),
            "rcode": text(dns.rcode.map { Text($0) }),
            "answers": .array(dns.answers.map { .string($0) }), "error": text(dns.problem.map { Text($0) }),
            "ms": dns.milliseconds.map(decimal) ?? .null,
        ]
    }

    private static func resolved(_ stage: Stage, _ destination: Destination) -> JSON.Object {
        [
            "stage": self.stage(stage), "server": .string(destination.server.text), "rule": .string(destination.rule),
            "host": .string(Text(destination.certificateHost)), "port": .integer(destination.port),
            "cert_name": .string(Text(destination.certificateHost)),
            "host_header": .string(Text(destination.hostHeader)),
            "addresses": .array(destination.addresses.map { .string($0) }),
        ]
    }

    private static func wellKnown(_ stage: Stage, _ server: ServerName, _ outcome: WellKnown.Outcome) -> JSON.Object {
        var object: JSON.Object = [
            "stage": self.stage(stage), "server": .string(server.text), "delegated": .null, "reason": .null,
        ]
        switch outcome {
        case .delegated(let name, let cache):
            object["delegated"] = .string(name.text)
            object["cache_seconds"] = .integer(cache.seconds)
            object["cache_source"] = .string(Text(cache.source))
        case .none(let reason), .unusable(let reason): object["reason"] = .string(Text(reason))
        }
        return object
    }

    private static func check(_ check: Check) -> JSON.Object {
        [
            "stage": stage(check.stage), "check": .string(Text(check.check)),
            "result": .string(Text(check.result.rawValue)), "subject": text(check.subject),
            "server": text(check.server?.text), "detail": .string(Text(check.detail)),
        ]
    }

    private static func candidate(_ attempt: CandidateAttempt) -> JSON.Object {
        [
            "stage": stage(attempt.stage), "server": .string(attempt.server.text),
            "status": attempt.status.map { .integer($0) } ?? .null, "errcode": text(attempt.errcode),
            "fault": text(attempt.fault.map { Text($0.rawValue) }), "ms": decimal(attempt.milliseconds),
            "next": .bool(attempt.goesOn), "rule": .string(Text(attempt.rule)),
        ]
    }

    private static func end(_ end: StageEnd) -> JSON.Object {
        let failure = end.failure
        return [
            "stage": stage(end.stage), "result": .string(Text(end.result.rawValue)),
            "class": text(failure.map { Text($0.kind.rawValue) }), "exit": failure.map { .integer($0.exit) } ?? .null,
            "status": failure?.answer.map { .integer($0.status) } ?? .null, "errcode": text(failure?.answer?.errcode),
            "remote_error": text(failure?.answer?.message), "message": text(failure.map { Text($0.message) }),
            "hints": .array(hints(failure)), "ms": decimal(end.milliseconds),
        ]
    }

    private static func end(_ end: RunEnd) -> JSON.Object {
        let (facts, failure) = (end.facts, end.failure)
        return [
            "result": .string(Text(end.result.rawValue)), "exit": .integer(end.exit),
            "failed_stage": failure.map { stage($0.stage) } ?? .null,
            "stopped_after": end.stoppedAfter.map(stage) ?? .null,
            "class": text(failure.map { Text($0.kind.rawValue) }), "room_id": text(facts.roomID?.text),
            "room_version": text(facts.roomVersion?.id), "event_id": text(facts.eventID?.text),
            "leave_event_id": text(facts.leaveEventID?.text),
            "resident": text(facts.resident?.text), "sent": bool(facts.sent), "joined": bool(facts.joined),
            "verified": bool(facts.verified), "side": text(failure.map { Text($0.side.rawValue) }),
            "message": text(failure.map { Text($0.message) }), "ms": decimal(end.milliseconds),
        ]
    }

    private static func hints(_ failure: Failure?) -> [JSON] {
        var ids: [String] = []
        for hint in failure?.hints ?? [] where !ids.contains(hint.id) { ids.append(hint.id) }
        return ids.map { .string(Text($0)) }
    }

    static func stage(_ stage: Stage) -> JSON { .string(Text(stage.rawValue)) }
    private static func bool(_ value: Bool?) -> JSON { value.map { .bool($0) } ?? .null }
    static func text(_ value: Text?) -> JSON { value.map { .string($0) } ?? .null }
    static func decimal(_ value: Double) -> JSON { .number(Text(Milliseconds.tenths(value).description)) }

    package static func ascii(_ value: JSON) -> String { value.ascii }
}
