import Testing

@testable import Reporting

@Suite struct MillisecondsTests {
    @Test func `phases that took place are told to a tenth, and none of what did not`() {
        #expect(Milliseconds.words([("TCP", 0.249), ("TLS", nil), ("wait", 12)]) == "TCP 0.2 ms, wait 12.0 ms")
        #expect(Milliseconds.words([("TCP", nil)]) == nil)
    }
}
