import Federation
import Matrix
import TestSupport

@testable import Handshake

/// Records to render, one of each kind.
enum Sample {
    static let server = ServerName("a.example")!
    static let roomID = RoomID("!room:a.example")!
    static let eventID = EventID("$event")!
    static let identity = FakeServer("joiner.example").identity

    static let start = RunStart(
        timestamp: 1_795_379_206_528, run: "run", command: "join", room: "#lab:a.example", user: "@b:joiner.example",
        identity: identity, keyPath: "/keys/a.key", stages: Stage.join, insecure: [])

    static let destination: Destination = {
        var destination = Destination(server: server, rule: "3.2", name: ServerName("matrix.a.example:443")!)
        destination.addresses = ["192.0.2.1"]
        return destination
    }()

    static let refusal: Failure = {
        let answer = ErrorAnswer(.error(403, "M_FORBIDDEN", "you are banned"))
        return Failure(.makeJoin, .refused(answer), at: destination)
    }()

    /// What a run writes in its journal while `work` goes on.
    static func records(_ work: (Journal) -> Void) -> [Record] {
        let book = JournalBook()
        work(book.journal)
        return book.records
    }

    static func record(_ event: Record.Event) -> Record { Record(time: 12.34, event: event) }

    /// Records of a journal made by real exchanges with a transport of the test's.
    static func exchange(
        _ request: Request, _ answering: @escaping FakeTransport.Answering
    ) async -> Record? {
        let book = JournalBook()
        let transport = RecordingTransport(FakeTransport(answering), journal: book.journal)
        _ = try? await transport.send(request)
        return book.records.first
    }

    static func signed(_ method: Request.Method = .get, _ target: String) -> Request {
        var request = Request(method, target, host: "a.example", port: 443)
        request.headers = [
            Header(
                name: "Authorization",
                value: XMatrix(origin: "b.example", destination: "a.example", key: "ed25519:1", signature: "AAAA").value
            )
        ]
        return request
    }

    static func end(
        exit: Int = 0, failure: Failure? = nil, stoppedAfter: Stage? = nil, command: String = "join",
        _ change: (inout RunFacts) -> Void = { _ in }
    ) -> RunEnd {
        var facts = RunFacts()
        change(&facts)
        return RunEnd(
            exit: exit, failure: failure, stoppedAfter: stoppedAfter, facts: facts, command: command,
            user: "@b:joiner.example", milliseconds: 3746.6)
    }
}
