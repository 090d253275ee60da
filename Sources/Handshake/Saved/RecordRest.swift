internal import Federation
package import Matrix

extension Record {
    /// What the JSON record does not say and other reports show: kept beside it in a run folder, so that a run that was
    /// saved can be shown in any form. What is read back of it is in RecordReader.
    package var rest: JSON.Object {
        switch event {
        case .runStart(let start):
            ["ms": .integer(start.timestamp), "key_path": .of(start.keyPath.map { Text($0) })]
        case .resolved(_, let destination) where !destination.targets.isEmpty:
            [
                "targets": .array(
                    destination.targets.map { ["host": .string(Text($0.host)), "port": .integer($0.port)] })
            ]
        case .wellKnown(_, _, .unusable): ["unusable": true]
        case .http(let exchange): exchange.rest
        case .check(let check) where check.depth != .plain: ["depth": check.depth == .each ? "each" : "why"]
        case .candidate(let attempt): ["ms": .string(Text("\(attempt.milliseconds)"))]
        case .stageEnd(let end): end.failure.map { ["failure": .object($0.rest)] } ?? [:]
        case .linger(let end, _), .runEnd(let end): end.rest
        case .stageStart, .dns, .resolved, .rule, .address, .wellKnown, .check, .room, .visit, .strippedState: [:]
        }
    }
}

extension JSON {
    static func of(_ text: Text?) -> JSON { text.map { .string($0) } ?? .null }
    static func of(_ value: Bool?) -> JSON { value.map { .bool($0) } ?? .null }

    /// Bytes as text where they are that, else in base64.
    static func of(bytes: [UInt8]?) -> JSON {
        guard let bytes else { return .null }
        return Text(validating: bytes).map { .string($0) } ?? ["base64": .string(Base64.encode(bytes))]
    }
}

extension HTTPExchange {
    /// Whether its answer is the one that a run folder has in a file of its own.
    var isAnswer: Bool {
        stage == .sendJoin && request.method == .put && (response.map { (200..<300).contains($0.status) } ?? false)
    }

    fileprivate var rest: JSON.Object {
        var object: JSON.Object = [
            "host": .string(Text(request.host)), "port": .integer(request.port),
            "redirects": .integer(request.redirects), "request_body": .of(bytes: request.body),
            "head": .of(sentHead), "bytes_sent": .bool(exchange.bytesSent),
            "request_bytes": .integer(exchange.requestBytes), "response_bytes": .integer(exchange.responseBytes),
            "redirected_to": .array(exchange.redirectedTo.map { .string(Text($0)) }),
        ]
        if !trace.isEmpty { object["trace"] = .array(trace.map { .string($0) }) }
        if let response {
            object["reason"] = .string(response.reason)
            object["response_body"] = isAnswer ? ["file": "send_join.json"] : .of(bytes: response.body.bytes)
        }
        if let error { object["error_kind"] = .string(Text(error.kind.rawValue)) }
        if let tls = exchange.tls {
            object["chain"] = .array(tls.chain.map { [.string(Text($0.subject)), .string(Text($0.issuer))] })
        }
        return object
    }
}

extension Failure {
    var rest: JSON.Object {
        var object: JSON.Object = [
            "stage": .string(Text(stage.rawValue)), "class": .string(Text(kind.rawValue)),
            "message": .string(Text(message)), "server": .of(server?.text), "side": .string(Text(side.rawValue)),
            "hints": .array(hints.map { [.string(Text($0.id)), .string(Text($0.text))] }),
            "command": .of(command.map { Text($0) }), "signal": signal.map { .integer(Int($0)) } ?? .null,
            "saving": .bool(isOfSaving),
        ]
        if let answer {
            object["answer"] = [
                "status": .integer(answer.status), "errcode": .of(answer.errcode), "error": .of(answer.message),
            ]
        }
        return object
    }
}

extension RunEnd {
    fileprivate var rest: JSON.Object {
        [
            "exit": .integer(exit), "command": .string(Text(command)), "user": .string(user),
            "ms": .string(Text("\(milliseconds)")), "undo": .array(undoOptions.map { .string(Text($0)) }),
            "failure": failure.map { .object($0.rest) } ?? .null,
            "stopped_after": .of(stoppedAfter.map { Text($0.rawValue) }), "facts": .object(facts.rest),
        ]
    }
}

extension RunFacts {
    fileprivate var rest: JSON.Object {
        [
            "room_id": .of(roomID?.text), "room_version": .of(roomVersion?.id), "event_id": .of(eventID?.text),
            "leave_event_id": .of(leaveEventID?.text), "resident": .of(resident?.text), "sent": .of(sent),
            "joined": .of(joined), "verified": .of(verified), "unsettled": .bool(isUnsettled), "left": .bool(hasLeft),
            "knocked": .bool(hasKnocked), "warnings": .integer(warnings),
        ]
    }
}
