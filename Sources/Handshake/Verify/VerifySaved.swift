package import Federation
package import Matrix

/// Judges an answer to send_join that was saved: stage 7 alone.
package struct VerifySaved: Sendable {
    private let file: BlobFile
    /// Our event as it was sent, its room's version as its file says, and whose answer it is.
    private let event: JSON.Object?
    private let version: RoomVersion?
    private let resident: ServerName?
    private let own: Identity?
    private let network: Network
    private let journal: Journal

    /// Without `event` the checks of the join are left out; without `version` the create event's is taken. The key of
    /// `own` is asked of nobody.
    package init(
        _ file: BlobFile, event: JSON.Object?, version: RoomVersion?, resident: ServerName?, own: Identity? = nil,
        _ network: Network, _ journal: Journal
    ) {
        self.file = file
        self.event = event
        self.version = version
        self.resident = resident
        self.own = own
        self.network = network
        self.journal = journal
    }

    package func run() async throws(Failure) {
        let began = ContinuousClock.now
        journal.begin(.verify, server: resident, "\(file.count) bytes")
        journal.note {
            $0.resident = resident
            $0.verified = false
        }
        do throws(Failure) {
            // Reading a file may block, which must not hold up the signal that is to end it.
            try await Spread.apart { () throws(Failure) in try await judgeFile(began) }
            try journal.endStrictly(network.isStrict, server: resident)
        } catch {
            let failure = hinting(isOfOtherVersion(error) ?? error)
            journal.end(.verify, .fail, failure)
            throw failure
        }
        journal.note { $0.verified = true }
        journal.end(.verify, .pass)
    }

    /// What looks like a room that is not genuine may be another one than the person thinks.
    private func hinting(_ failure: Failure) -> Failure {
        guard failure.hints.first?.id == "room-not-genuine", event != nil || version != nil else { return failure }
        var failure = failure
        failure.hints.insert(Hint("room-not-genuine", HintForm.sameRoom.filled()), at: 0)
        return failure
    }

    /// A file that was changed meanwhile says nothing, neither good nor bad: some of it is read twice.
    private func judgeFile(_ began: ContinuousClock.Instant) async throws(Failure) {
        do throws(Failure) { try await judge(began) } catch {
            try checkFile()
            throw error
        }
        try checkFile()
    }

    private func judge(_ began: ContinuousClock.Instant) async throws(Failure) {
        guard file.count > 0 else { throw empty() }
        // The version is in the answer where nobody says it.
        let whole = version == nil ? try read() : nil
        let version = if let version { version } else { try createdVersion(in: whole) }
        let join = try join(version)
        journal.note {
            $0.roomID = join?.roomID
            $0.eventID = join?.id
        }
        let reading = RoomReading(version, room: join?.roomID, progress: journal.progress)
        async let arriving = feed(reading, whole)
        // With thousands of keys that takes a while, in which the file is read already.
        var ring = KeyRing(network.keys, us: own)
        let events = await reading.events(&ring, nil, cores: System.cores)
        let (body, answer) = try await arriving.get()
        journal.check("answer", .pass, answer.title)
        journal.timing("read", since: began)
        let judge = RoomJudge(
            subject: RoomSubject(
                roomID: join?.roomID, versions: [version], event: join, resident: try await destination()), body: body,
            answer: answer, network: network, keys: network.keys, isStrict: network.isStrict, fetchesEvents: false,
            cores: System.cores, journal: journal)
        _ = try await judge.judge(events, ring)
    }

    /// Hands what the file has to `reading` as it comes, so that all cores work from the start.
    private func feed(_ reading: RoomReading, _ whole: Blob?) async -> Result<(Blob, SendJoinAnswer), Failure> {
        defer { reading.giveUp() }
        return Result { () throws(Failure) in
            let body =
                if let whole { whole } else {
                    try read(for: reading)
                }
            do throws(JSONError) { return (body, try reading.finish(body, isV1: isV1(body))) } catch {
                throw notAnAnswer(error)
            }
        }
    }

    private func read(for reading: RoomReading) throws(Failure) -> Blob {
        var (first, looked): (UInt8?, Int) = (nil, 0)
        return try read { arrived in
            first = first ?? arrived.firstByte(from: looked)
            looked = arrived.count
            if let first, first != Self.pair { reading.advance(arrived) }
        }
    }

    private func read(_ arrived: (Blob) -> Void = { _ in }) throws(Failure) -> Blob {
        do { return try file.read(arrived) } catch { throw unreadable(error) }
    }

    private func checkFile() throws(Failure) { do { try file.check() } catch { throw unreadable(error) } }

    private func unreadable(_ failure: SystemFile.Failure) -> Failure {
        unusable("the answer cannot be read: \(failure)")
    }

    private static let pair = UInt8(ascii: "[")

    /// Version 1 of send_join answers with a pair.
    private func isV1(_ body: Blob) -> Bool { body.firstByte() == Self.pair }

    private func notAnAnswer(_ error: JSONError) -> Failure { notAnAnswer("\(error)") }

    /// Then it is not --event that is wrong.
    private func notAnAnswer(_ problem: String) -> Failure {
        var failure = unusable("it is no answer to send_join: \(problem)")
        failure.hints = Array(failure.hints.prefix(1))
        return failure
    }

    private func join(_ version: RoomVersion) throws(Failure) -> PDU? {
        guard let event else { return nil }
        let pdu: PDU
        do { pdu = try PDU(event, version) } catch {
            throw otherRoom("the join that was given is no event of room version \(version.id): \(error)")
        }
        guard AuthEvent(pdu).membership == .join else {
            throw otherRoom("the event that was given is no join: \(pdu.id)")
        }
        guard EventHashes.contentMatches(pdu.object, version) else {
            throw otherRoom(
                "the join that was given is not as it was signed: \(pdu.id) has another content than was hashed")
        }
        return pdu
    }

    /// Then it is not the answer that is wrong.
    private func otherRoom(_ words: String) -> Failure {
        var failure = unusable(words)
        failure.hints = [Hint("answer-unusable", HintForm.sameRoom.filled())]
        return failure
    }

    /// Read as events of another version than theirs, none is one: what is missing then is not what is wrong.
    private func isOfOtherVersion(_ failure: Failure) -> Failure? {
        guard failure.hints.first?.id == "auth-chain-broken", let version,
            let named = try? createdName(in: file.arrived),
            named != version.id
        else { return nil }
        let words = "the create event is of room version \(Quoting.quoted(named)), where \(version.id) was due"
        return Failure(.verify, .check, words, server: resident)
            .explained("room-not-genuine", resident.map { DiagnosisNames($0) } ?? DiagnosisNames())
    }

    /// What the create event says of the room's version, as it stands there; nil where there is none.
    private func createdName(in body: Blob) throws(Failure) -> Text? {
        let answer: SendJoinAnswer
        do { answer = try SendJoinAnswer(cutting: body, isV1: isV1(body)) } catch { throw notAnAnswer(error) }
        var parser = JSONParser()
        for range in answer.state where range.count <= PDU.longestText && !Task.isCancelled {
            let found = body.withBytes(in: range) { bytes -> Text? in
                guard (try? parser.read(bytes)) != nil else { return nil }
                let event = parser.tape.value(0, bytes)
                guard event["type"] == "m.room.create", event["state_key"] == "" else { return nil }
                return event["content"]?["room_version"].map { $0.text ?? "" } ?? "1"
            }
            if let found { return found }
        }
        return nil
    }

    private func createdVersion(in body: Blob?) throws(Failure) -> RoomVersion {
        let body = if let body { body } else { try read() }
        if let found = try createdName(in: body) {
            journal.check(
                "room_version", .skip,
                "room version \(found), as the create event says: whether it is the right one is not checked")
            guard let version = RoomVersion.named(found) else {
                throw unusable("the room is of version \(Quoting.quoted(found)), which is not known here: 1 to 12 are")
            }
            return version
        }
        var failure = Failure(.verify, .check, "there is no create event in the state", server: resident)
        failure.explain(Diagnosis.named("auth-chain-broken"), DiagnosisNames(resident))
        throw failure
    }

    private func destination() async throws(Failure) -> Destination? {
        guard let resident, !network.keys.isOffline, network.keys.usesNotaries else { return nil }
        return try? await network.resolve(resident, ledBy: "the saved event", journal)
    }

    /// A pipe gives nothing where the command that writes to it has failed.
    private func empty() -> Failure {
        var failure = notAnAnswer("it is empty")
        if file.isInput { failure.hints = [Hint("answer-unusable", "did the command before it fail?")] }
        return failure
    }

    private func unusable(_ words: String) -> Failure {
        Failure(.verify, .protocol, words, server: resident).explained("answer-unusable", DiagnosisNames(resident))
    }
}

extension Journal {
    /// How long a part of the work took, for those who measure it.
    func timing(_ part: String, since began: ContinuousClock.Instant) {
        timing(part, began.duration(to: .now))
    }

    func timing(_ part: String, _ took: Duration) {
        let seconds = options.fixedTime != nil ? 0 : (took / .milliseconds(1)).rounded() / 1000
        record(
            .check(
                Check(
                    stage: stage, check: "timing", result: .pass, subject: Text(part), server: nil,
                    detail: "\(seconds) s", depth: .why)))
    }
}
