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

    @Test func `exchanges are numbered from 1`() async throws {
        let run = await (try Harness()).join()
        #expect(run.book.exchanges.map(\.id) == Array(1...run.transport.requests.count))
    }

    @Test func `times never go back`() async throws {
        let times = await (try Harness()).join().book.records.map(\.time)
        #expect(times.allSatisfy { $0 >= 0 })
        #expect(times == times.sorted())
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

    @Test func `what cannot be read as a signature is redacted whole`() {
        var request = Request(.get, "/", host: "a.example", port: 443)
        request.headers = [Header(name: "Authorization", value: "Bearer secret"), Header(name: "X", value: "y")]
        let exchange = HTTPExchange(id: 1, stage: .directory, request: request, outcome: .success(.json([:])))
        #expect(exchange.request.headers.map(\.value) == ["[redacted]", "y"])
        #expect(exchange.isSigned)
    }
}
