internal import Matrix

/// What libcurl put on the wire, held against what it was told to.
struct SentBytes {
    private static let keptBytes = 65_536
    private let requestLine: [UInt8]
    private let isTunnelled: Bool
    private var head: [UInt8] = []
    /// What went to the proxy, which is asked first to connect to the server.
    private var tunnelHead: [UInt8] = []
    private(set) var count = 0

    init(_ request: Request) {
        isTunnelled = request.proxy != nil
        requestLine = Array("\(request.method.rawValue) \(request.target) HTTP/1.1\r\n".utf8)
    }

    /// The last head sent, which is the only one but where libcurl tried a kept connection that was dead.
    var text: Text? { head.isEmpty ? nil : Text(String(decoding: head, as: UTF8.self)) }

    mutating func take(head part: UnsafeRawBufferPointer) {
        guard !takeTunnel(part) else { return }
        count += part.count
        if head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head = [] }
        head += part.prefix(Self.keptBytes - head.count)
    }

    /// Whether `part` is of a `CONNECT`, which is none of our methods.
    private mutating func takeTunnel(_ part: UnsafeRawBufferPointer) -> Bool {
        let isBegun = !tunnelHead.isEmpty && !tunnelHead.suffix(4).elementsEqual("\r\n\r\n".utf8)
        guard isTunnelled, count == 0, isBegun || part.starts(with: "CONNECT ".utf8) else { return false }
        tunnelHead += part.prefix(Self.keptBytes - tunnelHead.count)
        return true
    }

    mutating func take(body part: UnsafeRawBufferPointer) { count += part.count }

    /// A signature covers method and target: sent differently, they are another request.
    var fault: Refusal? {
        let isRight = head.prefix(requestLine.count).elementsEqual(requestLine.prefix(head.count))
        return isRight ? nil : Refusal(.protocolFault, "the request line on the wire is not the one that was signed")
    }
}
