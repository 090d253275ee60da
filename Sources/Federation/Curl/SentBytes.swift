internal import Matrix

/// What libcurl put on the wire, held against what it was told to.
struct SentBytes {
    private static let keptBytes = 65_536
    private let requestLine: [UInt8]
    private var head: [UInt8] = []
    private(set) var count = 0

    init(_ request: Request) {
        requestLine = Array("\(request.method.rawValue) \(request.target) HTTP/1.1\r\n".utf8)
    }

    /// The last head sent, which is the only one but where libcurl tried a kept connection that was dead.
    var text: Text? { head.isEmpty ? nil : Text(String(decoding: head, as: UTF8.self)) }

    mutating func take(head part: UnsafeRawBufferPointer) {
        count += part.count
        if head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head = [] }
        head += part.prefix(Self.keptBytes - head.count)
    }

    mutating func take(body part: UnsafeRawBufferPointer) { count += part.count }

    /// A signature covers method and target: sent differently, they are another request.
    var fault: Refusal? {
        let isRight = head.prefix(requestLine.count).elementsEqual(requestLine.prefix(head.count))
        return isRight ? nil : Refusal(.protocolFault, "the request line on the wire is not the one that was signed")
    }
}
