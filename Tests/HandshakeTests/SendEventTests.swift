import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What is known of the event after each way in which sending it can fail.
@Suite struct SendEventTests {
    struct Way: CustomTestStringConvertible {
        let testDescription: String
        let exit: Int
        let sent: Bool?
        let joined: Bool?
        let answer: @Sendable () throws(TransportError) -> Response

        init(
            _ description: String, _ exit: Int, sent: Bool?, joined: Bool?,
            _ answer: @escaping @Sendable () throws(TransportError) -> Response
        ) {
            testDescription = description
            self.exit = exit
            self.sent = sent
            self.joined = joined
            self.answer = answer
        }

        static func fault(_ kind: TransportError.Kind, _ exit: Int, bytesSent: Bool) -> Way {
            let known: Bool? = bytesSent ? nil : false
            return Way("\(kind), \(bytesSent ? "cut" : "before the first byte")", exit, sent: known, joined: known) {
                () throws(TransportError) in throw .fake(kind, bytesSent: bytesSent)
            }
        }

        static func refusal(_ status: Int, _ errcode: Text, _ exit: Int, joined: Bool?) -> Way {
            Way("\(status) \(errcode)", exit, sent: true, joined: joined) { .error(status, errcode) }
        }
    }

    static let ways: [Way] = [
        .fault(.connect, 82, bytesSent: false), .fault(.tls, 83, bytesSent: false),
        .fault(.timeout, 84, bytesSent: false), .fault(.name, 81, bytesSent: false),
        .fault(.cancelled, 80, bytesSent: false),
        .fault(.reset, 82, bytesSent: true), .fault(.timeout, 84, bytesSent: true),
        .fault(.protocolFault, 85, bytesSent: true), .fault(.tooLarge, 85, bytesSent: true),
        .fault(.cancelled, 80, bytesSent: true), .fault(.other, 80, bytesSent: true),
        .refusal(400, "M_BAD_JSON", 86, joined: false), .refusal(401, "M_UNAUTHORIZED", 86, joined: false),
        .refusal(403, "M_FORBIDDEN", 86, joined: false), .refusal(404, "M_NOT_FOUND", 87, joined: false),
        .refusal(429, "M_LIMIT_EXCEEDED", 88, joined: false), .refusal(500, "M_UNKNOWN", 88, joined: nil),
        .refusal(503, "M_UNKNOWN", 88, joined: nil),
        Way("404 of a web server", 85, sent: true, joined: false) { .text("<h1>no</h1>", status: 404) },
        Way("403 of a proxy", 85, sent: true, joined: nil) { .text("<h1>no</h1>", status: 403) },
        Way("408 of a proxy", 85, sent: true, joined: nil) { .text("", status: 408) },
        Way("502 of a proxy", 88, sent: true, joined: nil) { .text("<h1>bad gateway</h1>", status: 502) },
        Way("a redirect", 85, sent: true, joined: nil) { .text("", status: 302) },
        Way("200 with HTML", 85, sent: true, joined: true) { .text("<h1>hello</h1>") },
        Way("200 with nothing", 85, sent: true, joined: true) { .text("") },
        Way("200 without state", 85, sent: true, joined: true) { .json(["auth_chain": []]) },
        Way("200 without auth_chain", 85, sent: true, joined: true) { .json(["state": []]) },
        Way("200 with an object as state", 85, sent: true, joined: true) { .json(["auth_chain": [], "state": [:]]) },
        Way("200 of version 1", 85, sent: true, joined: true) { .json([200, ["auth_chain": [], "state": []]]) },
        Way("200 cut off", 85, sent: true, joined: true) { .text(#"{"auth_chain": [], "state": [{"#) },
        Way("200 with state twice", 85, sent: true, joined: true) {
            .text(#"{"auth_chain": [], "state": [], "state": []}"#)
        },
        Way("200 and more", 85, sent: true, joined: true) { .text(#"{"auth_chain": [], "state": []} {}"#) },
    ]

    @Test(arguments: ways)
    func `what is known of the event is said, and no more`(way: Way) async throws {
        let isSent = Locked(false)
        let run = await (try Harness()).join { request throws(TransportError) in
            if request.method == .put {
                isSent.withLock { $0 = true }
                return try way.answer()
            }
            // Nor does it say anything when it is asked what became of it.
            return isSent.withLock { $0 } ? .error(503, "M_UNKNOWN") : nil
        }
        #expect(run.failure?.exit == way.exit)
        #expect(run.failure?.stage == .sendJoin)
        #expect(run.facts.sent == way.sent)
        #expect(run.facts.joined == way.joined)
        #expect(run.facts.verified == nil)
        #expect(run.facts.eventID != nil)
        let isUnknown = run.failure?.hints.contains { $0.id == "outcome-unknown" }
        #expect(isUnknown == (way.joined == nil))
        #expect(way.joined != nil || run.failure?.command == nil, "another request shows nothing of it")
        #expect(run.transport.puts.count == 1)
    }

    struct Attempts: CustomTestStringConvertible {
        let testDescription: String
        let answers: [@Sendable () throws(TransportError) -> Response]
        let sent: Bool?
    }

    static let before: @Sendable () throws(TransportError) -> Response = { () throws(TransportError) in
        throw .fake(.connect, bytesSent: false)
    }
    static let cut: @Sendable () throws(TransportError) -> Response = { () throws(TransportError) in
        throw .fake(.reset, bytesSent: true)
    }

    static let attempts = [
        Attempts(testDescription: "one that was cut, one that did not go out", answers: [cut, before], sent: nil),
        Attempts(testDescription: "one that did not go out, one that was cut", answers: [before, cut], sent: nil),
        Attempts(
            testDescription: "one that was answered, one that did not go out",
            answers: [{ .error(503, "M_UNKNOWN") }, before], sent: true),
        Attempts(testDescription: "two that did not go out", answers: [before, before], sent: false),
    ]

    @Test(arguments: attempts)
    func `what is said of the event is said of all attempts together`(attempts: Attempts) async throws {
        let count = Locked(0)
        var harness = try Harness()
        harness.retries = Retries(most: 1)
        let run = await harness.join { request throws(TransportError) in
            if request.method != .put { return count.withLock { $0 } == 0 ? nil : .error(503, "M_UNKNOWN") }
            let number = count.withLock {
                $0 += 1
                return $0 - 1
            }
            return try attempts.answers[number]()
        }
        #expect(run.transport.puts.count == 2)
        #expect(run.facts.sent == attempts.sent)
        #expect(run.facts.joined == (attempts.sent == false ? false : nil))
    }

    struct Said: CustomTestStringConvertible {
        let testDescription: String
        /// Whether it hands out our event, and whether its new template rests on it; nil where it refuses.
        let hasEvent: Bool?
        let restsOnIt: Bool?
        let joined: Bool?
        let words: String
        /// How the answer was lost.
        var kind = TransportError.Kind.timeout
    }

    static let said = [
        Said(
            testDescription: "the event is there", hasEvent: true, restsOnIt: nil, joined: true,
            words: "has our event, and gave it when asked"),
        Said(
            testDescription: "a template rests on it", hasEvent: nil, restsOnIt: true, joined: true,
            words: "rests on our event"),
        Said(
            testDescription: "another event is handed out", hasEvent: false, restsOnIt: true, joined: true,
            words: "rests on our event"),
        Said(
            testDescription: "no template rests on it", hasEvent: nil, restsOnIt: false, joined: false,
            words: "does not have our event, and its new template does not rest on it", kind: .reset),
        Said(
            testDescription: "no template rests on it so far", hasEvent: nil, restsOnIt: false, joined: nil,
            words: "may still be at work there"),
        Said(
            testDescription: "nothing is said", hasEvent: nil, restsOnIt: nil, joined: nil, words: "does not say"),
    ]

    @Test(arguments: said, [RoomVersion.v1, .v11])
    func `after an answer that was lost the resident is asked what became of the event`(
        said: Said, version: RoomVersion
    ) async throws {
        let sent = Locked<JSON?>(nil)
        let harness = try Harness(FakeResident(version))
        let run = await harness.join { request throws(TransportError) in
            if request.method == .put {
                sent.withLock { $0 = request.json }
                throw .fake(said.kind, bytesSent: true)
            }
            guard let event = sent.withLock({ $0 }) else { return nil }
            let id =
                request.path.hasPrefix("/_matrix/federation/v1/event/")
                ? nil : try? PDU(event.object ?? JSON.Object(), version).id
            guard let id else {
                guard let hasEvent = said.hasEvent else { return .error(404, "M_NOT_FOUND") }
                return .json(["pdus": [hasEvent ? event : .object(harness.resident.room.state[0].event)]])
            }
            guard let rests = said.restsOnIt else { return .error(403, "M_FORBIDDEN") }
            let reference: JSON = version.choosesEventIDs ? [.string(id.text), [:]] : .string(id.text)
            return .json(["room_version": .string(version.id), "event": ["auth_events": rests ? [reference] : []]])
        }
        #expect(run.failure?.exit == (said.kind == .timeout ? 84 : 82))
        #expect(run.facts.joined == said.joined)
        #expect(run.facts.sent == (said.joined == nil ? nil : true))
        #expect(run.facts.isUnsettled == (said.joined == nil))
        let first = run.failure?.hints.first?.id
        #expect(first == (said.joined == true ? "joined-unseen" : said.joined == nil ? "outcome-unknown" : first))
        #expect(said.joined != false || first != "joined-unseen" && first != "outcome-unknown")
        #expect(run.book.results("outcome") == [said.joined == true ? .pass : said.joined == nil ? .warn : .fail])
        #expect(run.book.details("outcome").first?.contains(said.words) == true)
        #expect(run.transport.puts.count == 1)
    }

    /// By Ctrl-C or --max-time, while the resident is asked: it had the event a moment later.
    @Test func `a "no" that a run did not stay to ask for again is none`() async throws {
        let (harness, asked) = (try Harness(), Locked(false))
        let task = Locked<Task<Harness.Run, Never>?>(nil)
        let run = Task {
            await harness.join { request throws(TransportError) in
                if request.method == .put {
                    asked.withLock { $0 = true }
                    throw .fake(.reset, bytesSent: true)
                }
                guard asked.withLock({ $0 }) else { return nil }
                task.withLock { $0?.cancel() }
                guard !request.path.hasPrefix("/_matrix/federation/v1/event/") else {
                    return .error(404, "M_NOT_FOUND")
                }
                return .json(["room_version": "11", "event": ["auth_events": []]])
            }
        }
        task.withLock { $0 = run }
        let facts = await run.value.facts
        // It holds what holds it.
        task.withLock { $0 = nil }
        #expect(asked.withLock { $0 })
        #expect(facts.joined == nil && facts.isUnsettled)
    }

    @Test(arguments: [404, 405], ["M_UNRECOGNIZED", nil] as [Text?])
    func `version 1 follows where the resident does not know version 2`(status: Int, errcode: Text?) async throws {
        let run = await (try Harness()).join { request in
            guard request.path.hasPrefix("/_matrix/federation/v2/") else { return nil }
            return errcode.map { .error(status, $0) } ?? .text("", status: status)
        }
        #expect(run.failure == nil)
        #expect(run.facts.joined == true)
        #expect(run.facts.verified == true)
        #expect(run.book.results("api_version") == [.warn])
        let puts = run.transport.puts
        #expect(puts.count == 2)
        #expect(puts.first?.path.replacing("/v2/", with: "/v1/") == puts.last?.path)
        #expect(puts.first?.body == puts.last?.body)
    }

    struct Refusal: CustomTestStringConvertible {
        let testDescription: String
        let response: Response

        init(_ status: Int, _ errcode: Text) {
            testDescription = "\(status) \(errcode)"
            response = .error(status, errcode)
        }

        init(_ status: Int, text: String) {
            testDescription = "\(status) \(text)"
            response = .text(text, status: status)
        }
    }

    @Test(arguments: [
        Refusal(400, "M_UNRECOGNIZED"), Refusal(404, "M_NOT_FOUND"), Refusal(405, "M_UNKNOWN"),
        Refusal(404, text: "<h1>no</h1>"), Refusal(403, text: ""), Refusal(500, "M_UNRECOGNIZED"),
        Refusal(500, text: ""),
    ])
    func `version 1 follows after nothing else`(refusal: Refusal) async throws {
        let run = await (try Harness()).join { $0.method == .put ? refusal.response : nil }
        #expect(run.failure != nil)
        #expect(run.transport.puts.count == 1)
    }

    @Test func `where neither version is known the event was not taken`() async throws {
        let run = await (try Harness()).join { $0.method == .put ? .error(404, "M_UNRECOGNIZED") : nil }
        #expect(run.failure?.exit == 87)
        #expect(run.facts.sent == true)
        #expect(run.facts.joined == false)
        #expect(run.transport.puts.count == 2)
    }

    @Test func `an answer of version 1 has to be one`() async throws {
        let run = await (try Harness()).join { request in
            guard request.method == .put else { return nil }
            if request.path.hasPrefix("/_matrix/federation/v2/") { return .error(404, "M_UNRECOGNIZED") }
            return .json(["state": [], "auth_chain": []])
        }
        #expect(run.failure?.exit == 85)
        #expect(run.facts.joined == true)
    }

    @Test(arguments: [RoomVersion.v1, .v3, .v4, .v12])
    func `the path has the room and the event, each as one part, whatever is in them`(version: RoomVersion) async throws
    {
        let run = await (try Harness(version)).join()
        let put = try #require(run.transport.puts.first)
        let parts = put.path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            PercentEncoding.decode(part.utf8)
        }
        let (room, event) = (try #require(run.facts.roomID), try #require(run.facts.eventID))
        #expect(parts == ["", "_matrix", "federation", "v2", "send_join", room.text, event.text])
    }

    @Test func `the event goes to the server that made the template`() async throws {
        var harness = try Harness()
        harness.resident.listed = ["gone.example:1", "resident.example:8448"]
        harness.request.via = [.named("gone.example:1")]
        let run = await harness.join()
        #expect(run.transport.puts.map(\.hostHeader) == ["resident.example:8448"])
        #expect(run.transport.puts.first?.authorization?.destination == "resident.example:8448")
    }

    @Test func `the answer may be larger and take longer than any other`() async throws {
        var harness = try Harness()
        harness.patience = nil
        let run = await harness.join()
        let limits = try #require(run.transport.puts.first?.limits)
        #expect(limits.bodyBytes == 512 << 20)
        #expect(limits.total == nil)
        #expect(limits.firstByte == .seconds(180))
        #expect(limits.stall == .seconds(30))
        let others = run.transport.requests.filter { $0.method == .get }
        #expect(others.allSatisfy { $0.limits.bodyBytes <= 1 << 20 && $0.limits.total != nil })
    }
}
