internal import Federation
internal import Matrix

/// Checks of an answer as a whole: one create event, the right room and version, and our own event in it.
struct RoomChecks: Sendable {
    let subject: RoomSubject
    let body: Blob
    let journal: Journal

    /// The one create event and the room's version: it must be in `state` (the auth chain may repeat it), of the
    /// version that the template said, and from version 12 on its hash is the room id.
    func create(in events: RoomEvents) throws(Failure) -> (place: Int, RoomID, RoomVersion) {
        let creates = events.creates
        guard let place = creates.first(where: { events.all[$0].isOfState }) else {
            throw failure("there is no create event in the state")
        }
        guard creates.count == 1 else { throw failure("there are \(creates.count) different create events") }
        let create = events.all[place]
        let content = events.content(of: create, in: body)
        let named = content["room_version"].map { $0.text ?? "" } ?? "1"
        guard let version = subject.versions.first(where: { $0.id == named }) else {
            let due = subject.versions.map(\.id.string).joined(separator: " or ")
            throw failure("the create event is of room version \(Quoting.quoted(named)), where \(due) was due")
        }
        guard let room = create.event.room else { throw failure("it is no room") }
        guard room == subject.roomID ?? room else {
            throw failure("the create event makes another room: \(Quoting.quoted(room.text))")
        }
        let proof = version.namesRoomsByHash ? ", and its hash is the room id" : ""
        journal.check(
            "create_event", .pass, "one create event, of room version \(version.id)\(proof)", subject: create.id.text)
        return (place, room, version)
    }

    /// Takes away the events of other rooms.
    func dropForeign(_ events: inout RoomEvents, _ room: RoomID) {
        let foreign = events.places(outside: room)
        guard !foreign.isEmpty else { return }
        for place in foreign {
            let id = events.all[place].id
            journal.finding("room_id", "\(id) is of another room; dropped", subject: id.text)
        }
        events.remove(foreign)
        journal.check("room_id", .warn, "\(foreign.count) event\(foreign.count == 1 ? "" : "s") of other rooms dropped")
    }

    /// Our event as the resident returned it, which must be the one we sent: its signatures merged. Ours where it
    /// returned none, which only a restricted room's join needs.
    func returnedEvent(_ answer: SendJoinAnswer, _ sent: PDU) throws(Failure) -> PDU {
        guard let range = answer.event else {
            let isRestricted = sent.content["join_authorised_via_users_server"] != nil
            journal.check("returned_event", isRestricted ? .warn : .skip, "our event did not come back")
            return sent
        }
        let returned = try self.returned(range, sent.version)
        guard returned.id == sent.id else { throw failure("another event than ours came back: \(returned.id)") }
        guard EventHashes.contentMatches(returned.object, returned.version) else {
            throw failure("our event came back with another content")
        }
        let signers = SignedJSON.signers(of: returned.object).count
        journal.check(
            "returned_event", .pass,
            "our event came back with the same id, signed by \(signers) server\(signers == 1 ? "" : "s")",
            subject: returned.id.text)
        return returned
    }

    private func returned(_ range: Range<Int>, _ version: RoomVersion) throws(Failure) -> PDU {
        guard range.count <= PDU.longestText else {
            throw failure("the event that came back is not valid: it has \(range.count) bytes")
        }
        let read = body.withBytes(in: range) { bytes in
            Result { () throws(JSONError) in try JSON(parsing: bytes) }
        }
        switch read {
        case .failure(let error): throw failure("the event that came back is not valid: \(error)")
        case .success(let value):
            guard let object = value.object else {
                throw failure("the event that came back is not valid: it is not an object")
            }
            do { return try PDU(object, version) } catch {
                throw failure("the event that came back is not valid: \(error)")
            }
        }
    }

    /// One event for each type and state key, each with one; `members_omitted` and `servers_in_room` as they were asked
    /// for (v1.6, "Joining Rooms").
    func set(
        _ events: RoomEvents, _ members: Members, _ answer: SendJoinAnswer, deciding: Set<Int>
    ) throws(Failure) -> StatePlaces {
        var state = StatePlaces(events.count)
        var (keyless, doubled) = (0, 0)
        for place in events.all.indices where events.all[place].isOfState {
            let event = events.all[place].event
            guard let key = event.stateKey else {
                keyless += 1
                journal.finding("state_key", "\(event.id) (\(event.type)) is no state", subject: event.id.text)
                continue
            }
            guard let other = state.add(place, AuthSelection.Key(event.type, key)) else { continue }
            doubled += 1
            let words =
                "\(events.all[other].id) and \(event.id) are both the \(event.type) of \(key.isEmpty ? "the room" : Quoting.quoted(key))"
            guard !deciding.contains(other), !deciding.contains(place) else {
                throw failure("\(words), which decides our join")
            }
            journal.finding("state_twice", words, subject: event.id.text)
        }
        if keyless > 0 { journal.check("state_key", .warn, "\(keyless) of the state events are no state") }
        if doubled > 0 { journal.check("state_twice", .warn, "\(doubled) state events stand in for one another") }
        omission(answer, members)
        return state
    }

    private func omission(_ answer: SendJoinAnswer, _ members: Members) {
        let servers = answer.serversInRoom.map { body.names(in: $0) }
        if answer.membersOmitted {
            if subject.asksToOmit == false {
                journal.check(
                    "members_omitted", .warn, "members were left out of the state, which we did not ask for")
            }
            if servers == nil {
                journal.check("servers_in_room", .warn, "the answer does not say which servers are in the room")
            }
        }
        if let names = servers?.map(Set.init) {
            let left = members.servers.subtracting(names)
            if let first = left.min() {
                journal.check(
                    "servers_in_room", .warn,
                    "servers_in_room lacks \(left.count) of the servers whose members the state has: \(first)")
            }
        }
        if servers == .some(nil) {
            journal.check(
                "servers_in_room", .warn, "servers_in_room is no list of server names, or one that no room has")
        }
    }

    func failure(_ message: String) -> Failure {
        var failure = Failure(.verify, .check, message, server: subject.resident?.server)
        failure.side = .theirs
        failure.explain(
            Diagnosis.of(Diagnosis.Symptom(stage: .verify, kind: .check, words: Text(message))),
            subject.resident.map { DiagnosisNames($0.server) } ?? DiagnosisNames())
        return failure
    }
}

extension Blob {
    /// Of a list of servers: a million of short names.
    private static let longestList = 4 << 20

    /// The server names that the list in `range` holds; nil where it is no such list, or far longer than any room's.
    func names(in range: Range<Int>) -> [ServerName]? {
        guard range.count <= Self.longestList else { return nil }
        let value = withBytes(in: range) { bytes in try? JSON(parsing: bytes) }
        guard let elements = value?.array else { return nil }
        let names = elements.compactMap { $0.text.flatMap { ServerName($0) } }
        return names.count == elements.count ? names : nil
    }
}
