import Matrix
import Testing

@testable import Federation

@Suite struct `The bytes that were sent` {
    private func sent(_ parts: String...) -> SentBytes {
        var sent = SentBytes(Request(.put, "/%21a/b?c", host: "a.example", port: 443))
        for part in parts { Array(part.utf8).withUnsafeBytes { sent.take(head: $0) } }
        return sent
    }

    @Test func `are right where they begin with the request line, also in parts`() {
        #expect(sent().fault == nil)
        #expect(sent("PUT /%21a/b?c HTTP/1.1\r\nHost: a.example\r\n\r\n").fault == nil)
        #expect(sent("PUT /%2", "1a/b?c HTTP/1.1\r\n\r\n").fault == nil)
    }

    @Test(arguments: [
        "PUT /!a/b?c HTTP/1.1\r\n", "PUT /%21a/b HTTP/1.1\r\n", "POST /%21a/b?c HTTP/1.1\r\n",
        "PUT /%21a/b?c HTTP/1.0\r\n",
    ])
    func `are wrong with another`(line: String) {
        #expect(sent(line + "\r\n").fault?.kind == .protocolFault)
    }

    @Test func `are those of the last attempt, all attempts counted`() {
        let head = "PUT /%21a/b?c HTTP/1.1\r\n\r\n"
        #expect(sent(head, head).text?.string == head)
        #expect(sent(head, head).count == 2 * head.utf8.count)
        #expect(sent(head, "GET / HTTP/1.1\r\n\r\n").fault != nil)
    }
}
