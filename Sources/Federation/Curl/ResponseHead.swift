internal import Matrix

/// The head of a response as its lines arrive, and the checks of it that libcurl does not make.
struct ResponseHead {
    private enum Phase {
        case statusLine, headers, done
    }

    private let limit: Int
    private var phase = Phase.statusLine
    private(set) var status = 0
    private(set) var reason: Text = ""
    private(set) var headers: [Header] = []
    /// The bytes of every head so far: 1xx and trailers too.
    private(set) var bytes = 0

    init(limit: Int) { self.limit = limit }

    /// Whether the head of the final response is whole.
    var isDone: Bool { phase == .done }
    /// Whether the line that comes next, or has just come, is of the final response.
    var isFinal: Bool { status != 0 && !isInterim }

    /// Takes a line that libcurl cut off, with its end.
    mutating func take(_ line: UnsafeRawBufferPointer) throws(Refusal) {
        bytes += line.count
        guard bytes <= limit else { throw Refusal(.tooLarge, "the response header is larger than \(limit) bytes") }
        let text = line.drop { _ in false }.trimmingEnd()
        switch phase {
        case .statusLine: try takeStatus(text)
        case .headers where text.isEmpty: try finish()
        case .headers: try takeHeader(text)
        case .done: break  // a trailer, which is counted and no more
        }
    }

    private mutating func takeStatus(_ line: Slice<UnsafeRawBufferPointer>) throws(Refusal) {
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].elementsEqual("HTTP/1.1".utf8) || parts[0].elementsEqual("HTTP/1.0".utf8),
            parts[1].count == 3, parts[1].allSatisfy(\.isDigit), parts[1].first != 0x30
        else { throw Refusal(.protocolFault, "the response's status line is malformed") }
        status = parts[1].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        reason = parts.count > 2 ? Text(String(decoding: parts[2], as: UTF8.self)) : ""
        headers = []
        phase = .headers
    }

    private mutating func takeHeader(_ line: Slice<UnsafeRawBufferPointer>) throws(Refusal) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line[..<colon].isToken else {
            throw Refusal(.protocolFault, "the response has a malformed header line")
        }
        let value = line[(colon + 1)...].drop(while: \.isBlank).trimmingEnd()
        headers.append(
            Header(
                name: Text(String(decoding: line[..<colon], as: UTF8.self)),
                value: Text(String(decoding: value, as: UTF8.self))
            )
        )
    }

    private mutating func finish() throws(Refusal) {
        phase = isInterim ? .statusLine : .done
        if isDone { try checkFraming() }
    }

    // 101 is final: nothing else was asked for, and libcurl takes it so.
    private var isInterim: Bool { (100...199).contains(status) && status != 101 }

    /// What two readers could understand in two ways: RFC 9112, section 6.3, and an encoding that we never asked for.
    private func checkFraming() throws(Refusal) {
        let lengths = values(of: "content-length")
        guard Set(lengths).count <= 1, lengths.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }) else {
            throw Refusal(.protocolFault, "the response's Content-Length is not one number")
        }
        let transfers = values(of: "transfer-encoding")
        guard transfers.count <= 1, transfers.allSatisfy({ $0.string.lowercased() == "chunked" }) else {
            throw Refusal(.protocolFault, "the response has a Transfer-Encoding other than chunked")
        }
        guard lengths.isEmpty || transfers.isEmpty else {
            throw Refusal(.protocolFault, "the response has both Content-Length and Transfer-Encoding")
        }
        for coding in values(of: "content-encoding") where coding.string.lowercased() != "identity" {
            throw Refusal(.protocolFault, "the response has a Content-Encoding, which was not asked for")
        }
    }

    private func values(of name: String) -> [Text] {
        headers.filter { $0.name.string.lowercased() == name }.map(\.value)
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate func trimmingEnd() -> Self {
        var slice = self
        while let last = slice.last, last.isBlank || last == 0x0D || last == 0x0A { slice.removeLast() }
        return slice
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }
}
