package import Federation
package import Matrix

/// One thing that happened in a run. A run is a stream of these; text and JSON are renderings of it.
package struct Record: Sendable {
    /// Milliseconds since the run began.
    package let time: Double
    package let event: Event

    package enum Event: Sendable {
        case runStart(RunStart)
        case stageStart(StageStart)
        case dns(DNSLookUp)
        case resolved(Stage, Destination)
        case rule(RuleFinding)
        case address(AddressProbe)
        case wellKnown(Stage, ServerName, WellKnown.Outcome)
        case http(HTTPExchange)
        case check(Check)
        case room(RoomSummary)
        case strippedState(StrippedState)
        /// Who asked our own key server for what, and what it was told.
        case visit(KeyServer.Visit)
        case candidate(CandidateAttempt)
        case stageEnd(StageEnd)
        /// What came of the run, said before it stays up for so many seconds.
        case linger(RunEnd, seconds: Int)
        case runEnd(RunEnd)
    }
}

package enum Outcome: String, Sendable, Hashable {
    case pass, fail, warn, skip
}

package struct RunStart: Sendable {
    /// Milliseconds since 1970.
    package let timestamp: Int
    package let run: Text
    package let command: String
    package let room: Text
    package let user: Text
    /// Our server name and key; nil where nothing is signed.
    package let origin: Text?
    package let keyID: Text?
    /// Where the key was read from; nil for one that lives in memory alone.
    package let keyPath: String?
    package var stages: [Stage]
    /// The servers whose certificates do not count; `*` for every one.
    package let insecure: [Text]
    /// Of the tool that made the run.
    package var tool = "\(Tool.name)/\(Tool.version)"

    package init(
        _ journal: Journal, command: String, room: Text, user: Text, identity: Identity?, keyPath: String?,
        stages: [Stage], insecure: [Text]
    ) {
        let now = journal.now
        self.init(
            timestamp: now, run: Self.name(at: now, isFixed: journal.options.fixedTime != nil), command: command,
            room: room, user: user, identity: identity, keyPath: keyPath, stages: stages, insecure: insecure)
    }

    package init(
        timestamp: Int, run: Text, command: String, room: Text, user: Text, identity: Identity?, keyPath: String?,
        stages: [Stage], insecure: [Text]
    ) {
        self.timestamp = timestamp
        self.run = run
        self.command = command
        self.room = room
        self.user = user
        origin = identity?.server.text
        keyID = identity?.key.id.text
        self.keyPath = keyPath
        self.stages = stages
        self.insecure = insecure
    }

    /// A run's name: when it began, and letters that tell it from others, unless its time is a fixed one.
    package static func name(at timestamp: Int, isFixed: Bool) -> Text {
        let stamp = WallClock.iso8601(timestamp).filter { $0 != "-" && $0 != ":" }.prefix(15)
        return Text("\(stamp)Z-\(isFixed ? "0000" : RandomText.make(4).string.lowercased())")
    }

    /// Of a run that was saved.
    init(
        timestamp: Int, run: Text, command: String, room: Text, user: Text, origin: Text?, keyID: Text?,
        keyPath: String?, stages: [Stage], insecure: [Text], tool: String
    ) {
        self.timestamp = timestamp
        self.run = run
        self.command = command
        self.room = room
        self.user = user
        self.origin = origin
        self.keyID = keyID
        self.keyPath = keyPath
        self.stages = stages
        self.insecure = insecure
        self.tool = tool
    }
}

package struct StageStart: Sendable {
    package let stage: Stage
    package let server: ServerName?
    package let title: String
}

package struct DNSLookUp: Sendable {
    package let stage: Stage
    package let name: Text
    /// The records asked for: `A AAAA`, `SRV`, `CNAME`.
    package let kinds: String
    /// What the name server answered, as dig prints it; nil where the system looked up the name its own way.
    package let rcode: String?
    package let answers: [Text]
    /// Why there are none.
    package let problem: String?
    /// How long it took; nil where that is not known.
    package var milliseconds: Double?

    /// Of a look-up of addresses, which asks for both.
    static let addressKinds = "A AAAA"

    /// Of a run that was saved.
    init(
        stage: Stage, name: Text, kinds: String, rcode: String?, answers: [Text], problem: String?,
        milliseconds: Double?
    ) {
        self.stage = stage
        self.name = name
        self.kinds = kinds
        self.rcode = rcode
        self.answers = answers
        self.problem = problem
        self.milliseconds = milliseconds
    }

    init(_ stage: Stage, _ name: Text, _ outcome: Result<[Text], NameError>) {
        self.stage = stage
        self.name = name
        kinds = Self.addressKinds
        rcode = nil
        switch outcome {
        case .success(let addresses): (answers, problem) = (addresses, nil)
        case .failure(let error): (answers, problem) = ([], error.description)
        }
    }

    init(_ stage: Stage, _ kind: DNSQuery.Kind, _ name: Text, _ outcome: DNSQuery.Outcome) {
        self.stage = stage
        self.name = name
        kinds = kind.rawValue
        switch outcome {
        case .records(let records):
            (rcode, problem) = ("NOERROR", nil)
            answers = records.filter { $0.kind == kind }.map(\.shown)
        case .notFound(let code), .failed(let code): (rcode, answers, problem) = (code, [], code)
        case .timedOut: (rcode, answers, problem) = (nil, [], "no answer")
        }
    }
}

extension DNSQuery.Record {
    /// As dig prints it: `10 5 8448 matrix.example.org ttl 300`.
    fileprivate var shown: Text {
        let service = kind == .srv ? "\(priority) \(weight) \(port) " : ""
        // `.` alone says that there is no such service.
        return Text("\(service)\(text.isEmpty ? "." : text) ttl \(ttl)")
    }
}

/// A thing that was looked at, and what came of it.
package struct Check: Sendable {
    package let stage: Stage
    /// What was checked: a stable word for scripts.
    package let check: String
    package let result: Outcome
    /// The event, key or field that it was about.
    package let subject: Text?
    package let server: ServerName?
    package let detail: String
    package var depth = Depth.plain

    /// Who wants to read it.
    package enum Depth: Sendable {
        case plain
        /// One of what may be many.
        case each
        /// A step on the way to another.
        case why
    }
}

package struct StageEnd: Sendable {
    package let stage: Stage
    package let result: Outcome
    package let failure: Failure?
    package let milliseconds: Double
}

/// What is known of a run so far: its end says it all.
package struct RunFacts: Sendable, Hashable {
    package var roomID: RoomID?
    package var roomVersion: RoomVersion?
    package var eventID: EventID?
    /// The event that undid a join, where one did or tried to.
    package var leaveEventID: EventID?
    package var resident: ServerName?
    /// Whether the event went out; nil where that cannot be known.
    package var sent: Bool? = false
    /// Whether the remote counts us as joined; nil where that cannot be known.
    package var joined: Bool? = false
    /// Whether an event went out of which nobody told us whether it was taken.
    package var isUnsettled = false
    /// Whether the room that came back stood the checks; nil where it was not looked at.
    package var verified: Bool?
    package var hasLeft = false
    package var hasKnocked = false
    package var warnings = 0
    /// The servers whose well-known file is there and of no use, and why.
    package var badWellKnown: [ServerName: String] = [:]
    /// Where our own name leads, as stage 1 found it.
    package var ownPlace: Destination?
    /// What stage 1 found; nil where it was left out.
    package var selfCheck: SelfCheckFinding?
}

/// What our own key looked like from here.
package enum SelfCheckFinding: Sendable, Hashable {
    case published
    /// Published with a certificate made at start, which nobody trusts.
    case untrusted
    case unreachable(FailureClass, String)
}

package struct RunEnd: Sendable {
    package let result: Outcome
    package let exit: Int
    package let failure: Failure?
    /// The stage after which the run stopped because it was told so.
    package let stoppedAfter: Stage?
    package let facts: RunFacts
    package let command: String
    package let user: Text
    package let milliseconds: Double
    /// The options of the command that its undoing takes, too.
    package var undoOptions: [String] = []

    package init(
        exit: Int, failure: Failure?, stoppedAfter: Stage?, facts: RunFacts, command: String, user: Text,
        milliseconds: Double
    ) {
        result = failure != nil ? .fail : facts.warnings > 0 ? .warn : .pass
        self.exit = exit
        self.failure = failure
        self.stoppedAfter = stoppedAfter
        self.facts = facts
        self.command = command
        self.user = user
        self.milliseconds = milliseconds
    }
}
