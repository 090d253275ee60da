internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

/// One run of a handshake, from the first record to the exit status.
struct Run: Sendable {
    /// What there is to do: all of it is a handshake's.
    enum Action: Sendable {
        case join(leavesAfter: Bool)
        case leave(RoomID, via: [ServerName])
        /// A join that was signed before; its answer goes to stdout.
        case sendJoin(EventFile, to: ServerName)
        case knock

        var stages: [Stage] {
            switch self {
            case .join(false): Stage.join
            case .join(true): Stage.join + [.makeLeave, .sign, .sendLeave]
            case .leave: Stage.leave
            case .sendJoin: [.sign, .identity, .discovery, .sendJoin]
            case .knock: Stage.knock
            }
        }
    }

    /// The command's name, as records have it.
    let command: String
    let action: Action
    let request: MembershipRequest
    let identity: Identity
    let keyPath: String?
    let transport: any Transport
    let resolver: HostResolver
    let addresses: Network.Addresses
    let insecure: Network.Insecure
    let times: Network.Times
    let maximumAnswer: Int
    let maximumTime: Duration?
    var retries = Retries()
    /// Whose keys verify the room, and whether a warning fails it.
    var keys = KeyPolicy()
    var isStrict = false
    /// Where the run is kept; nil for nowhere.
    var folder: RunFolder?
    let linger: Int?
    /// What the leave that undoes a join is told besides the room.
    var undoOptions: [String] = []
    /// Completes the lines to copy; nil where they are whole.
    var copyable: Copyable?

    /// Runs it, and returns the exit status.
    func perform(_ journal: Journal) async -> Int32 {
        journal.record(
            .runStart(
                RunStart(
                    journal, command: command, room: request.room.text, user: request.user.text, identity: identity,
                    keyPath: keyPath, stages: action.stages, insecure: insecure.names)))
        if case .leave = action { journal.note { $0.joined = nil } }
        var network = Network(
            identity: identity, transport: transport, journal: journal, resolver: resolver, insecure: insecure,
            times: times, maximumAnswer: maximumAnswer, addresses: addresses, retries: retries)
        network.keys = keys
        network.isStrict = isStrict
        network.folder = folder
        let shared = network
        Surroundings.tell(addresses.routes, journal)
        let end = await TimeLimit.within(maximumTime) {
            await handshake(Handshake(request, network: shared, journal: journal))
        } stopped: { why, end in
            guard let end else { return nil }
            if case .failed(let failure) = end { return .failed(failure.stopped(why, journal)) }
            return end
        }
        folder?.finish(journal)
        let ended = runEnd(end, journal)
        await stayUp(ended, journal)
        Signals.release()
        journal.record(.runEnd(ended))
        return Int32(ended.exit)
    }

    /// Nil where all that was asked for was done.
    private func handshake(_ handshake: Handshake) async -> End? {
        do throws(End) {
            switch action {
            case .join(let leavesAfter):
                let room = try await handshake.join()
                if leavesAfter { try await handshake.leave(room) }
            case .leave(let room, let via):
                try await handshake.leave(room, via: via)
            case .sendJoin(let file, let resident):
                try await handshake.sendJoin(file, to: resident, Process.out)
            case .knock: try await handshake.knock()
            }
            return nil
        } catch {
            return error
        }
    }

    /// Other residents hear of the join from the one we used, and only then fetch our key. What came of the run is said
    /// before, since nobody should have to wait for it.
    private func stayUp(_ end: RunEnd, _ journal: Journal) async {
        guard let linger, linger > 0, journal.facts.sent != false, end.failure?.signal == nil else { return }
        journal.record(.linger(end, seconds: linger))
        await TimeLimit.wait(.seconds(linger))
    }

    private func runEnd(_ end: End?, _ journal: Journal) -> RunEnd {
        var failure: Failure?
        var stopped: Stage?
        switch end {
        case .failed(let cause): failure = cause
        case .stopped(let stage): stopped = stage
        case nil: break
        }
        // What came of the join itself counts more.
        failure = failure ?? folder?.fault?.failure
        var ended = RunEnd(
            exit: failure?.exit ?? 0, failure: copyable?.completed(failure) ?? failure, stoppedAfter: stopped,
            facts: journal.facts, command: command,
            user: request.user.text, milliseconds: journal.milliseconds)
        ended.undoOptions = undoOptions
        return ended
    }
}

extension Failure {
    /// The failure of a run that was stopped; what it says of an event that may have arrived stays.
    func stopped(_ why: TimeLimit.Stop, _ journal: Journal) -> Failure {
        var failure = Failure(journal.stage, .timeout, "the run took longer than --max-time allows", server: server)
        if case .signal(let number) = why {
            failure.signal = number
            failure.message = "stopped by \(Signals.name(number))"
        }
        if journal.facts.isUnsettled { failure.hints = hints }
        return failure
    }
}
