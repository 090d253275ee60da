import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct ClockTests {
    private static let now = 784_111_777_000  // Sun, 06 Nov 1994 08:49:37 GMT

    private func offset(_ headers: [(Text, Text)], receive: Double? = nil) -> Int? {
        var exchange = Exchange()
        exchange.timings.receive = receive
        return Response(
            status: 200, headers: headers.map { Header(name: $0.0, value: $0.1) }, body: Blob([]), exchange: exchange
        ).clockOffset(at: Self.now)
    }

    @Test func `a clock is compared by the Date of an answer`() {
        #expect(offset([("date", "Sun, 06 Nov 1994 08:49:37 GMT")]) == 0)
        #expect(offset([("Date", "Sun, 06 Nov 1994 09:49:37 GMT")]) == 3_600_000)
        #expect(offset([("Date", "yesterday")]) == nil)
        // Years of which no milliseconds can be counted, and those that a sum carries beyond.
        #expect(offset([("Date", "Sun, 06 Nov 2147483647 08:49:37 GMT")]) == nil)
        #expect(offset([("Date", "Sun, 17 Aug 292278994 07:12:55 GMT"), ("Age", "31536000")]) == nil)
        #expect(offset([("Date", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Age", "31536000")]) != nil)
        #expect(offset([]) == nil)
    }

    @Test func `the age of a cached answer and the time of a long one are not the clock's`() {
        #expect(offset([("Date", "Sun, 06 Nov 1994 07:49:37 GMT"), ("Age", "3600")]) == 0)
        #expect(offset([("Date", "Sun, 06 Nov 1994 08:44:37 GMT")], receive: 300_000) == 0)
    }

    /// Notes answers whose clocks are off by so many milliseconds.
    private func book(_ offsets: [(Text, Int)]) -> JournalBook {
        let book = JournalBook()
        for (name, offset) in offsets {
            let date = WallClock.now() + offset
            var request = Request(.get, "/", host: name.string, port: 443)
            request.hostHeader = name.string
            let response = Response(
                status: 200, headers: [Header(name: "Date", value: HTTPTime.text(date))], body: Blob([]))
            book.journal.http(request, .success(response))
        }
        return book
    }

    @Test func `a clock that is minutes off is warned of, once in a run, and by how much`() {
        let book = book([("a.example", 60_000), ("b.example", -3_700_000), ("c.example", 7_200_000)])
        #expect(book.results("clock") == [.warn])
        #expect(book.details("clock").first?.hasPrefix("the clock of b.example is 1h 2m behind ours") == true)
        #expect(book.details("clock").first?.hasSuffix("(fedjoin explain clock)") == true)
        #expect(book.journal.facts.warnings == 1)
        #expect(book.exchanges.map { ($0.clockOffset ?? 0) > 0 } == [true, false, true])
    }

    static let comparisons: [([(Text, Int)], Outcome, String)] = [
        ([("a.example", 2_000)], .pass, "agrees with that of a.example"),
        ([("a.example", 0), ("b.example", 0)], .pass, "agrees with those of 2 servers"),
        ([("a.example", 0), ("b.example", 900_000)], .warn, "that of b.example is"),
        ([("a.example", 900_000), ("b.example", 901_000)], .warn, "ours is the wrong one"),
    ]

    @Test(arguments: comparisons)
    func `all clocks are compared at the end`(offsets: [(Text, Int)], result: Outcome, words: String) {
        let book = book(offsets)
        book.journal.compareClocks()
        #expect(book.results("clocks") == [result])
        #expect(book.details("clocks").first?.contains(words) == true)
    }

    @Test func `one clock that is off may be theirs`() {
        let book = book([("a.example", 900_000)])
        book.journal.compareClocks()
        #expect(book.details("clocks").first?.contains("ours is the wrong one") == false)
    }
}
