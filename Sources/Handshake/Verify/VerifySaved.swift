package import Federation
package import Matrix

/// Judges an answer to send_join that was saved: stage 7 alone.
package struct VerifySaved: Sendable {
    private let body: Blob
    /// Our event as it was sent, its room's version as its file says, and whose answer it is.
    private let event: JSON.Object?
    private let version: RoomVersion?
    private let resident: ServerName?
    private let network: Network
    private let journal: Journal

    /// Without `event` the checks of the join are left out; without `version` the create event's is taken.
    package init(
        _ body: Blob, event: JSON.Object?, version: RoomVersion?, resident: ServerName?, _ network: Network,
        _ journal: Journal
    ) {
        self.body = body
        self.event = event
        self.version = version
        self.resident = resident
        self.network = network
        self.journal = journal
    }

    package func run() async throws(Failure) {
        let began = ContinuousClock.now
        journal.begin(.verify, server: resident, "\(body.count) bytes")
        journal.note {
            $0.resident = resident
            $0.verified = false
        }
        do throws(Failure) {
            try await judge(began)
            try journal.endStrictly(network.isStrict, server: resident)
        } catch {
            journal.end(.verify, .fail, error)
            throw error
        }
        journal.note { $0.verified = true }
        journal.end(.verify, .pass)
    }

    private func judge(_ began: ContinuousClock.Instant) async throws(Failure) {
        let version = if let version { version } else { try createdVersion() }
        let own = try own(version)
        journal.note {
            $0.roomID = own?.roomID
            $0.eventID = own?.id
        }
        let reading = RoomReading(version, room: own?.roomID, progress: journal.progress)
        var ring = KeyRing(network.keys, us: nil)
        let answer: SendJoinAnswer
        do { answer = try reading.finish(body, isV1: isV1) } catch { throw notAnAnswer(error) }
        let events = await reading.events(&ring, nil, cores: System.cores)
        journal.check("answer", .pass, answer.title)
        journal.timing("read", since: began)
        let judge = RoomJudge(
            subject: RoomSubject(
                roomID: own?.roomID, versions: [version], event: own, resident: try await destination()), body: body,
            answer: answer, network: network, keys: network.keys, isStrict: network.isStrict, fetchesEvents: false,
            cores: System.cores, journal: journal)
        _ = try await judge.judge(events, ring)
    }

    /// Version 1 of send_join answers with a pair.
    private var isV1: Bool {
        body.withBytes(in: 0..<body.count) { bytes in
            for i in bytes.indices where ![0x20, 0x09, 0x0A, 0x0D].contains(bytes[i]) { return bytes[i] == 0x5B }
            return false
        }
    }

    private func notAnAnswer(_ error: JSONError) -> Failure { unusable("it is no answer to send_join: \(error)") }

    private func own(_ version: RoomVersion) throws(Failure) -> PDU? {
        guard let event else { return nil }
        do { return try PDU(event, version) } catch {
            throw unusable("the join that was given is no event of room version \(version.id): \(error)")
        }
    }

    /// What the create event says of the room's version.
    private func createdVersion() throws(Failure) -> RoomVersion {
        let answer: SendJoinAnswer
        do { answer = try SendJoinAnswer(cutting: body, isV1: isV1) } catch { throw notAnAnswer(error) }
        var parser = JSONParser()
        for range in answer.state {
            let found = body.withBytes(in: range) { bytes -> Text? in
                guard (try? parser.read(bytes)) != nil else { return nil }
                let event = parser.tape.value(0, bytes)
                guard event["type"] == "m.room.create", event["state_key"] == "" else { return nil }
                return event["content"]?["room_version"].map { $0.text ?? "" } ?? "1"
            }
            guard let found else { continue }
            journal.check(
                "room_version", .skip,
                "room version \(found), as the create event says: whether it is the right one is not checked")
            guard let version = RoomVersion.named(found) else {
                throw unusable("the room is of version \(Quoting.quoted(found)), which is not known here: 1 to 12 are")
                    .explained("room-version")
            }
            return version
        }
        var failure = Failure(.verify, .check, "there is no create event in the state", server: resident)
        failure.explain(Diagnosis.named("auth-chain-broken"), DiagnosisNames(resident))
        throw failure
    }

    private func destination() async throws(Failure) -> Destination? {
        guard let resident, !network.keys.isOffline, network.keys.usesNotaries else { return nil }
        return try? await network.resolve(resident, journal)
    }

    private func unusable(_ words: String) -> Failure {
        Failure(.verify, .protocol, words, server: resident).explained("answer-unusable", DiagnosisNames(resident))
    }
}

extension Journal {
    /// How long a part of the work took, for those who measure it.
    func timing(_ part: String, since began: ContinuousClock.Instant) {
        let seconds = isTimed ? (began.duration(to: .now) / .milliseconds(1)).rounded() / 1000 : 0
        record(
            .check(
                Check(
                    stage: stage, check: "timing", result: .pass, subject: Text(part), server: nil,
                    detail: "\(seconds) s", depth: .why)))
    }
}
