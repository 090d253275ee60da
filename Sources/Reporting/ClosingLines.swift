internal import Federation
package import Handshake
internal import Matrix

/// How a run ended: what became of the room, whose side a fault is on, what to try next.
package struct ClosingLines {
    private let end: RunEnd
    private var facts: RunFacts { end.facts }

    package init(_ end: RunEnd) { self.end = end }

    package var transcript: [String] {
        let rest = undo.map { $0.words + ["  \($0.command)"] } ?? []
        return [""] + verdict.map { TextReport.line(.said, $0) }
            + rest.map { "\(TextReport.Gutter.said.rawValue) \($0)" }
    }

    /// For stderr, where the transcript could not be written: what became of an event that went out, or may have.
    package var essentials: [String] {
        guard ["join", "leave", "send-join", "knock"].contains(end.command), facts.sent != false else { return [] }
        var words = undo?.words ?? []
        if let undo, let last = words.popLast() { words.append("\(last) \(undo.command)") }
        return verdict.prefix(1).map { Self.line("note", $0) } + words.map { "\(Tool.name): note: \($0)" }
    }

    private var room: String { facts.roomID?.description ?? "the room" }
    private var resident: String { facts.resident?.description ?? "any server" }
    private var time: String { TextReport.seconds(end.milliseconds) }

    private var verdict: [String] {
        guard ["join", "leave", "send-join", "knock", "demo"].contains(end.command) else { return [lookVerdict] }
        if let failure = end.failure { return verdict(failure) }
        if facts.hasKnocked { return ["KNOCKED at \(room) in \(time)"] }
        if facts.hasLeft {
            return [end.command == "leave" ? "LEFT \(room) in \(time)" : "JOINED AND LEFT \(room) in \(time)"]
        }
        if facts.joined == true, facts.verified == true { return ["JOINED \(room) in \(time)"] }
        let stage = end.stoppedAfter?.rawValue ?? "the end"
        if facts.joined == true {
            let isAlone = end.command == "send-join"
            let why = isAlone ? "fedjoin verify judges the answer" : "stopped after \(stage), as told"
            return ["JOINED \(room) in \(time), not verified: \(why)"]
        }
        return ["\(negative), stopped after \(stage), as told; nothing was changed at \(resident)"]
    }

    /// Of commands that only look.
    private var lookVerdict: String {
        guard let failure = end.failure else {
            let count = facts.warnings
            return "\(end.command): OK in \(time)"
                + (count == 0 ? "" : count == 1 ? ", 1 warning" : ", \(count) warnings")
        }
        return (["\(end.command): FAILED in \(time)"] + Self.side(of: failure)).joined(separator: "; ")
    }

    private var negative: String {
        switch end.command {
        case "leave": "NOT LEFT"
        case "knock": "NOT KNOCKED"
        default: "NOT JOINED"
        }
    }

    private func verdict(_ failure: Failure) -> [String] {
        let side = Self.side(of: failure)
        if facts.hasLeft {
            let what = failure.isOfSaving ? "the run is not kept whole" : "\(failure.stage.rawValue) failed"
            return ["LEFT \(room), but \(what)"] + side
        }
        if facts.isUnsettled {
            return [
                "NOT KNOWN whether \(resident) has taken our event \((facts.leaveEventID ?? facts.eventID)?.description ?? "")"
            ] + side
        }
        guard end.command != "leave", facts.joined == true else {
            return ["\(negative), stopped at \(failure.stage.rawValue); nothing was changed at \(resident)"] + side
        }
        let what = facts.verified == true ? "JOINED" : "JOINED, NOT VERIFIED"
        return ["\(what): \(resident) counts \(end.user) as joined"] + side
    }

    /// How to be out again, where we are in the room or may be: a command to copy, so it is never cut.
    private var undo: (words: [String], command: String)? {
        if let knocked { return knocked }
        guard ["join", "send-join"].contains(end.command), !facts.hasLeft, facts.joined == true || facts.isUnsettled,
            let roomID = facts.roomID, let resident = facts.resident
        else { return nil }
        let why =
            facts.joined == true
            ? "The room now sends its events to us. To undo:"
            : "If it has, the room sends its events to us. To be out in any case:"
        return ([why], leave(roomID, resident))
    }

    /// What follows a knock: a member lets us in, or we take it back.
    private var knocked: (words: [String], command: String)? {
        guard end.command == "knock", facts.hasKnocked || facts.isUnsettled, let roomID = facts.roomID,
            let resident = facts.resident
        else { return nil }
        let serve =
            ["fedjoin serve --await-invite \(Shell.quoted(end.user.string))"] + UndoOptions.served(end.undoOptions)
        let invite = "A member may invite us now. To take the invite: \(serve.joined(separator: " "))"
        let back = facts.hasKnocked ? "To take the knock back:" : "If it has, we have knocked. To take that back:"
        return ((facts.hasKnocked ? [Terminal.escaped(invite)] : []) + [back], leave(roomID, resident))
    }

    private func leave(_ roomID: RoomID, _ resident: ServerName) -> String {
        let words = ["fedjoin leave \(Shell.quoted(roomID.description)) --via \(resident)"] + end.undoOptions
        return words.map(Terminal.escaped).joined(separator: " ")
    }

    /// A hint to leave has the whole line: it may be read where the transcript is not. Like one to send the event again it
    /// is to copy, and never cut.
    private func hint(_ text: String) -> String {
        if text.contains("fedjoin send-join ") { return "\(Tool.name): hint: \(Terminal.escaped(text))" }
        let command = "fedjoin leave"
        guard text.hasSuffix(command), let roomID = facts.roomID, let resident = facts.resident else {
            return Self.line("hint", text)
        }
        return Self.line("hint", String(text.dropLast(command.count))) + leave(roomID, resident)
    }

    /// A URL without the password in it, which has no place in what is shown: whoever copies the line knows it.
    package static func withoutPassword(_ url: String) -> String {
        guard url.utf8.contains(UInt8(ascii: "@")) else { return url }
        let parts = url.split(separator: "://", maxSplits: 1)
        guard parts.count == 2, let at = parts[1].lastIndex(of: "@"), let colon = parts[1][..<at].firstIndex(of: ":")
        else { return url }
        return "\(parts[0])://\(parts[1][..<colon]):PASSWORD\(parts[1][at...])"
    }

    /// Whose the fault is; a run that a person stopped has none.
    private static func side(of failure: Failure) -> [String] {
        failure.signal == nil ? ["the fault is \(words(failure.side))"] : []
    }

    private static func words(_ side: Side) -> String {
        switch side {
        case .ours: "on our side"
        case .theirs: "on the other side"
        case .dns: "in DNS"
        case .between: "in something between us, such as a proxy"
        case .unknown: "on a side that is not known"
        }
    }

    /// What goes to stderr: the cause, what to try, and a line that shows the fault with a common tool.
    package var errors: [String] {
        guard let failure = end.failure else { return [] }
        let status = failure.answer.map { " (\($0.status)\($0.errcode.map { " \($0)" } ?? ""))" } ?? ""
        // Where there were no words, the numbers stand in their place.
        let isSaid = failure.message.hasSuffix(")") || failure.message.contains("answered with status ")
        let message = isSaid ? failure.message : failure.message + status
        let hints = failure.hints.map { hint($0.text) }
        let command = failure.command.map { [Self.line("hint", "to see it: \($0)")] } ?? []
        let more = failure.hints.first.flatMap { Diagnosis.named($0.id) }.map {
            [Self.line("more", "fedjoin explain \($0.id)")]
        }
        return [Self.line("error", "\(failure.stage.rawValue): \(message)")] + hints.prefix(3) + command + (more ?? [])
    }

    /// `fedjoin: error: …`, as every line on stderr begins.
    package static func line(_ kind: String, _ text: String) -> String {
        "\(Tool.name): \(kind): \(Terminal.line(text))"
    }
}
