import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct JournalTests {
    @Test func `warnings are counted, and nothing else is`() {
        let book = JournalBook()
        for result in [Outcome.pass, .warn, .skip, .fail, .warn] { book.journal.check("a", result, "b") }
        #expect(book.journal.facts.warnings == 2)
        #expect(book.results("a") == [.pass, .warn, .skip, .fail, .warn])
    }

    @Test func `a check says in which stage it was made`() {
        let book = JournalBook()
        book.journal.begin(.directory, "a title")
        book.journal.check("a", .pass, "b")
        #expect(book.checks.first?.stage == .directory)
    }

    /// On a task's thread, whose stack is small.
    @Test func `any number of records are handed on`() async {
        let book = JournalBook()
        for _ in 0..<100_000 { book.journal.finding("a", "b") }
        #expect(book.records.count == 100_000)
    }

    /// Another server may ask ours for our key until the very last.
    @Test func `nothing comes after a run's end`() {
        let book = JournalBook()
        let end = RunEnd(
            exit: 0, failure: nil, stoppedAfter: nil, facts: book.journal.facts, command: "join", user: "@u:a",
            milliseconds: 1)
        book.journal.record(.runEnd(end))
        book.journal.record(
            .visit(KeyServer.Visit(method: "GET", path: "/", peer: "127.0.0.1:1", origin: nil, status: 200)))
        book.journal.check("a", .pass, "b")
        #expect(book.records.count == 1)
    }

    @Test func `of any number of visits the first thousand are kept`() {
        let book = JournalBook()
        let visit = KeyServer.Visit(method: "GET", path: "/", peer: "127.0.0.1:1", origin: nil, status: 200)
        for _ in 0..<1500 { book.journal.visit(visit) }
        #expect(book.records.count == 1000)
    }

    @Test func `exchanges are numbered from 1`() async throws {
        let run = await (try Harness()).join()
        #expect(run.book.exchanges.map(\.id) == Array(1...run.transport.requests.count))
    }

    @Test func `times never go back`() async throws {
        let times = await (try Harness()).join().book.records.map(\.time)
        #expect(times.allSatisfy { $0 >= 0 })
        #expect(times == times.sorted())
    }

    @Test func `a run with a fixed time has no other time in its records`() async throws {
        var options = JournalOptions()
        options.fixedTime = 1_795_379_206_528
        let book = await (try Harness(FakeResident(), options)).join().book
        #expect(book.journal.now == 1_795_379_206_528)
        #expect(book.records.allSatisfy { $0.time == 0 })
        #expect(book.stageEnds.allSatisfy { $0.milliseconds == 0 })
        #expect(book.exchanges.allSatisfy { $0.exchange.timings == Timings() && $0.clockOffset == nil })
        #expect(book.details("timing").allSatisfy { $0.hasPrefix("0 ") || $0.hasPrefix("0.0 ") })
    }

    @Test func `a run's name says when it began, and is another one each time unless its time is fixed`() {
        #expect(RunStart.name(at: 1_795_379_206_528, isFixed: true) == "20261122T202646Z-0000")
        #expect(Set((0..<100).map { _ in RunStart.name(at: 0, isFixed: false) }).count > 90)
    }

    @Test func `a look-up says how long it took`() async throws {
        var harness = try Harness()
        harness.request.checksSelf = false
        let room = ServerName.named("elsewhere.example:8448")
        _ = try? await harness.network(FakeTransport { _ in .text("") }).resolve(room, harness.book.journal)
        let lookUps = harness.book.records.compactMap { record in
            if case .dns(let dns) = record.event { dns } else { nil }
        }
        #expect(!lookUps.isEmpty)
        #expect(lookUps.allSatisfy { $0.milliseconds ?? -1 >= 0 })
    }

    @Test func `each event is explained to those alone who want it`() async throws {
        let plain = await (try Harness()).join().book
        #expect(plain.details("event").isEmpty)
        var options = JournalOptions()
        options.explains = true
        let book = await (try Harness(FakeResident(), options)).join().book
        let lines = book.details("event")
        #expect(!lines.isEmpty)
        for line in lines {
            #expect(line.hasPrefix("$") && line.contains("content hash matches, signatures valid: ed25519:"))
            #expect(line.contains("valid until ") && line.hasSuffix(", from itself"))
        }
    }

    @Test func `the bytes that were hashed and signed are told as they were`() async throws {
        let book = await (try Harness()).join().book
        let hashed = try #require(book.details("hashed").first?.split(separator: ": ", maxSplits: 1).last)
        let hash = Base64.encode(SHA256.hash(Array(hashed.utf8)))
        #expect(book.details("content_hash") == ["sha256 content hash \(hash)"])
        let redacted = try #require(book.details("redacted").first?.split(separator: ": ", maxSplits: 1).last)
        #expect(redacted.contains(hash.string))
        let id = Base64.encode(SHA256.hash(Array(redacted.utf8)), urlSafe: true)
        #expect(book.details("event_id") == ["event id $\(id)"])
    }

    @Test func `any number of records are taken, also at once, and their times never go back`() async {
        let book = JournalBook()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { book.journal.check("a", .pass, "b") } }
            }
        }
        let times = book.records.map(\.time)
        let isSorted = zip(times, times.dropFirst()).allSatisfy(<=)
        #expect(times.count == 80_000 && isSorted)
    }

    @Test func `each exchange is of the stage that made it`() async throws {
        let run = await (try Harness()).join()
        let stages = run.book.exchanges.map(\.stage)
        #expect(Set(stages) == [.identity, .directory, .makeJoin, .sendJoin, .verify])
    }
}

/// What of a request's signature is left in the journal: nothing.
@Suite struct HTTPExchangeTests {
    /// A transport that says what it sent, as libcurl's does.
    private static func reporting(_ transport: FakeTransport) -> FakeTransport {
        FakeTransport { request throws(TransportError) in
            var exchange = Exchange()
            let headers = request.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            exchange.sentHead = Text(
                "\(request.method.rawValue) \(request.target) HTTP/1.1\r\nHost: \(request.hostHeader)\r\n\(headers)\r\n"
            )
            exchange.bytesSent = true
            if request.path.contains("/make_join/") {
                throw TransportError(kind: .reset, description: "cut", exchange: exchange)
            }
            guard request.path.contains("/query/directory") else { return .error(404, "M_UNRECOGNIZED") }
            return Response(
                status: 200,
                body: Blob(
                    Array(#"{"room_id":"!room:resident.example:8448","servers":["resident.example:8448"]}"#.utf8)),
                exchange: exchange)
        }
    }

    private func run() async throws -> (book: JournalBook, signatures: [Text]) {
        var harness = try Harness()
        harness.request.checksSelf = false
        harness.request.isForced = true
        let transport = Self.reporting(harness.resident.transport())
        let handshake = Handshake(
            harness.request, network: harness.network(transport), journal: harness.book.journal)
        #expect(await end { () throws(End) in try await handshake.join() }?.failure?.exit == 42)
        return (harness.book, transport.requests.compactMap { $0.authorization?.signature })
    }

    @Test func `no signature of a request is anywhere in its record`() async throws {
        let (book, signatures) = try await run()
        #expect(signatures.count == 2)
        #expect(book.exchanges.count == 2)
        for exchange in book.exchanges {
            var everything = ""
            dump(exchange, to: &everything)
            #expect(everything.contains("[redacted]"))
            for signature in signatures { #expect(!everything.contains(signature.string)) }
        }
    }

    @Test func `a signature that the other side repeats is not kept either`() async throws {
        var harness = try Harness()
        harness.request.checksSelf = false
        let run = await harness.join { request in
            guard request.path.contains("/make_join/"), let header = request.headers.first(named: "Authorization")
            else { return nil }
            return .error(401, "M_UNAUTHORIZED", Text("refused: \(header)"))
        }
        let signatures = run.transport.requests.compactMap { $0.authorization?.signature.string }
        #expect(run.failure?.message.contains("[redacted]") == true)
        var everything = ""
        dump(run.book.exchanges, to: &everything)
        let bodies = run.book.exchanges.compactMap { $0.response?.body.bytes }
        everything += bodies.map { String(decoding: $0, as: UTF8.self) }.joined()
        for signature in signatures {
            #expect(run.failure?.message.contains(signature) == false)
            #expect(!everything.contains(signature))
        }
    }

    @Test func `a signature that a long answer repeats is not kept either`() throws {
        let signature = Text(String(repeating: "c2ln", count: 21))
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.headers = [
            Header(
                name: "Authorization",
                value: XMatrix(origin: "b", destination: "a", key: "ed25519:1", signature: signature).value)
        ]
        let filler = String(repeating: "x", count: 1 << 20)
        let answer = Response.text("\(filler)\(signature)\(filler)")
        let exchange = HTTPExchange(id: 1, stage: .directory, request: request, outcome: .success(answer))
        let body = try #require(exchange.response?.body)
        #expect(!body.contains(signature.bytes) && body.contains(Array("x[redacted]x".utf8)))
    }

    @Test func `all else of the head stays as it was sent`() async throws {
        let (book, _) = try await run()
        let head = try #require(book.exchanges.first?.sentHead?.string)
        #expect(head.hasPrefix("GET /_matrix/federation/v1/query/directory?room_alias=%23room%3A"))
        #expect(head.contains("Host: resident.example:8448\r\n"))
        #expect(
            head.contains(
                #"Authorization: X-Matrix origin="joiner.example:8448",key="ed25519:k0",sig="[redacted]","#
                    + #"destination="resident.example:8448""#))
    }

    @Test func `libcurl's own words have no signature and no password of a proxy`() throws {
        let signature = Text(String(repeating: "c2ln", count: 21))
        let header = XMatrix(origin: "b.example", destination: "a.example", key: "ed25519:1", signature: signature)
            .value
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.headers = [Header(name: "Authorization", value: header)]
        var exchange = Exchange()
        exchange.trace = [
            "* Connected", Text("> Authorization: \(header)"), "> proxy-authorization: Basic c2VjcmV0", "> Accept: */*",
            "< X-Told: Basic c2VjcmV0",
            Text("< X-Echo: \(signature)"), "{ [2 bytes data]",
        ]
        let outcome = Result<Response, TransportError>.success(
            Response(status: 200, body: Blob([]), exchange: exchange))
        let kept = HTTPExchange(id: 1, stage: .directory, request: request, outcome: outcome)
        #expect(kept.trace.count == 7 && kept.trace[0] == "* Connected" && kept.trace[3] == "> Accept: */*")
        #expect(kept.trace[2] == "> Proxy-Authorization: [redacted]")
        #expect(kept.trace[5] == "< X-Echo: [redacted]")
        var everything = ""
        dump(kept, to: &everything)
        #expect(!everything.contains(signature.string) && !everything.contains("c2VjcmV0"))

        var options = JournalOptions()
        options.showsSecrets = true
        let whole = HTTPExchange(id: 1, stage: .directory, request: request, outcome: outcome, options)
        #expect(whole.trace == exchange.trace)
        #expect(whole.request.headers.first?.value == header)
    }

    @Test func `what cannot be read as a signature is redacted whole`() {
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.headers = [Header(name: "Authorization", value: "Bearer secret"), Header(name: "X", value: "y")]
        let exchange = HTTPExchange(id: 1, stage: .directory, request: request, outcome: .success(.json([:])))
        #expect(exchange.request.headers.map(\.value) == ["[redacted]", "y"])
        #expect(exchange.isSigned)
    }
}
