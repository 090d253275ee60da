import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct CandidatesTests {
    private func attempts(_ book: JournalBook) -> [CandidateAttempt] {
        book.records.compactMap { record in
            if case .candidate(let attempt) = record.event { attempt } else { nil }
        }
    }

    @Test func `each attempt is on record with what came of it and the rule that decided`() async throws {
        var harness = try Harness()
        harness.request.via = [.named("gone.example:1"), .named("left.example:1"), .named("banned.example:1")]
        let run = await harness.join { request in
            switch request.hostHeader {
            case "left.example:1": .error(404, "M_NOT_FOUND")
            case "banned.example:1": .error(403, "M_FORBIDDEN", "You are banned from this room")
            default: nil
            }
        }
        let found = attempts(run.book)
        #expect(found.map(\.server) == ["gone.example:1", "left.example:1", "banned.example:1"].map { .named($0) })
        #expect(found.map(\.goesOn) == [true, true, false])
        #expect(found.map(\.status) == [nil, 404, 403])
        #expect(found.map(\.fault) == [.connect, nil, nil])
        #expect(Set(found.map(\.rule)).count == 3)
        #expect(run.failure?.exit == 46)
    }

    @Test func `the exit code is that of the attempt that got furthest`() async throws {
        var harness = try Harness()
        try harness.askByID(via: [.named("refuses.example:1"), .named("gone.example:1")])
        let run = await harness.join { request in
            request.hostHeader == "refuses.example:1" ? .error(404, "M_NOT_FOUND") : nil
        }
        #expect(attempts(run.book).map(\.status) == [404, nil])
        #expect(run.failure?.exit == 47)
    }

    @Test func `a restricted room is joined by the next one where the first may not invite`() async throws {
        var harness = try Harness()
        harness.request.via = [.named("powerless.example:1")]
        let run = await harness.join { request in
            request.hostHeader == "powerless.example:1"
                ? .error(400, "M_UNABLE_TO_GRANT_JOIN", "Unable to find a user which could issue an invite") : nil
        }
        #expect(run.failure == nil)
        #expect(run.facts.resident == FakeResident.resident.name)
        let found = attempts(run.book)
        #expect(found.map(\.errcode) == ["M_UNABLE_TO_GRANT_JOIN", nil])
        #expect(found.map(\.status) == [400, 200])
        #expect(found.map(\.goesOn) == [true, false])
    }

    @Test func `a bad template is further than the refusal after it`() async throws {
        var harness = try Harness()
        try harness.askByID(via: [.named("lies.example:1"), .named("refuses.example:1")])
        let run = await harness.join { request in
            switch request.hostHeader {
            case "lies.example:1": .json(["room_version": "11", "event": ["type": "m.room.name"]])
            case "refuses.example:1": .error(403, "M_FORBIDDEN")
            default: nil
            }
        }
        #expect(attempts(run.book).map(\.server) == ["lies.example:1", "refuses.example:1"].map { .named($0) })
        #expect(run.failure?.exit == 49)
    }

    @Test func `of two that got as far the later one counts`() async throws {
        var harness = try Harness()
        try harness.askByID(via: [.named("left.example:1"), .named("refuses.example:1")])
        let run = await harness.join { request in
            switch request.hostHeader {
            case "left.example:1": .error(404, "M_NOT_FOUND")
            case "refuses.example:1": .error(403, "M_FORBIDDEN")
            default: nil
            }
        }
        #expect(run.failure?.exit == 46)
    }

    @Test func `an address that we must not connect to is no template that must be discarded`() async throws {
        var harness = try Harness()
        try harness.askByID(via: [.named("refuses.example:1"), .named("inside.example:1")])
        let run = await harness.join { request throws(TransportError) in
            if request.hostHeader == "inside.example:1" { throw .fake(.blocked) }
            return request.hostHeader == "refuses.example:1" ? .error(404, "M_NOT_FOUND") : nil
        }
        let found = attempts(run.book)
        #expect(found.map(\.fault) == [nil, .check])
        #expect(found.last?.rule.contains("template") == false)
        #expect(run.failure?.exit == 47)
    }

    @Test func `one candidate makes no table`() async throws {
        let run = await (try Harness()).join { request in
            request.path.contains("/make_join/") ? .error(403, "M_FORBIDDEN", "no") : nil
        }
        #expect(run.failure?.exit == 46)
        #expect(attempts(run.book).isEmpty)
    }

    private func failure(_ status: Int, _ retryAfter: Int?) -> Failure {
        let body: JSON =
            retryAfter.map { ["errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": .integer($0)] } ?? ["errcode": "M_X"]
        let server = ServerName.named("a.example:1")
        let destination = Destination(server: server, rule: "2", name: server)
        return Failure(.makeJoin, .refused(ErrorAnswer(.json(body, status: status))), at: destination)
    }

    @Test func `what fails for now is tried again as often as allowed, after the wait that was asked for`() async throws
    {
        let book = JournalBook()
        let tries = Locked(0)
        let limited = failure(429, 1)
        let result = try await Retries(most: 3).perform(book.journal) { () throws(Failure) in
            let count = tries.withLock { tries in
                tries += 1
                return tries
            }
            if count < 3 { throw limited }
            return count
        }
        #expect(result == 3)
        #expect(book.results("retry") == [.warn, .warn])
        #expect(book.details("retry").first?.contains("in 1 ms, 1 of 3") == true)
    }

    @Test(arguments: [(429, 0), (403, 5)])
    func `it is not tried again without --retry, nor where the answer is no`(status: Int, most: Int) async throws {
        let tries = Locked(0)
        let refused = failure(status, nil)
        await #expect(throws: Failure.self) {
            try await Retries(most: most).perform(JournalBook().journal) { () throws(Failure) in
                tries.withLock { $0 += 1 }
                throw refused
            }
        }
        #expect(tries.withLock { $0 } == 1)
    }

    @Test func `a wait of an hour is not waited for`() async throws {
        let book = JournalBook()
        let refused = failure(429, 3_600_000)
        await #expect(throws: Failure.self) {
            try await Retries(most: 5).perform(book.journal) { () throws(Failure) in throw refused }
        }
        #expect(book.results("retry") == [.skip])
        #expect(
            book.details("retry") == [
                "not tried again: it asks to wait 1h 0m, and --retry waits five minutes at most"
            ])
    }
}
