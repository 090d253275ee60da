package import Federation
package import Matrix

/// Where the events of a send_join answer lie in its bytes: cut out without being read, since there can be 200,000.
///
/// Only structure is looked at here. Each piece is read by the strict reader when it is its turn.
package struct SendJoinAnswer: Sendable {
    package private(set) var state: [Range<Int>] = []
    package private(set) var authChain: [Range<Int>] = []
    /// Our own event as the resident has it.
    package private(set) var event: Range<Int>?
    package private(set) var membersOmitted = false

    /// More events than any room has, and a bound on what a hostile resident makes us keep.
    static let mostEvents = 500_000

    /// `isV1` says that the whole is `[200, {…}]`.
    package init(cutting body: Blob, isV1: Bool) throws(JSONError) {
        var cutter = JSONCutter()
        let result = body.withBytes(in: 0..<body.count) { (bytes: Span<UInt8>) -> Result<SendJoinAnswer, JSONError> in
            var answer = SendJoinAnswer()
            do throws(JSONError) {
                if isV1 { try cutter.enterPair(bytes) }
                try answer.read(&cutter, bytes)
                if isV1 { try cutter.leavePair(bytes) }
                try cutter.end(bytes)
                return .success(answer)
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init() {}

    private mutating func read(_ cutter: inout JSONCutter, _ bytes: Span<UInt8>) throws(JSONError) {
        var seen: Set<Text> = []
        try cutter.object(bytes) { cutter, key throws(JSONError) in
            guard seen.insert(key).inserted else { throw cutter.error("the key \(Quoting.quoted(key)) stands twice") }
            guard seen.count <= 100 else { throw cutter.error("there are more than 100 keys") }
            switch key {
            case "state": state = try cutter.elements(bytes, most: Self.mostEvents)
            case "auth_chain": authChain = try cutter.elements(bytes, most: Self.mostEvents)
            case "event": event = try cutter.value(bytes)
            case "members_omitted": membersOmitted = bytes[try cutter.value(bytes).lowerBound] == UInt8(ascii: "t")
            default: _ = try cutter.value(bytes)
            }
        }
        for key: Text in ["state", "auth_chain"] where !seen.contains(key) { throw cutter.error("\(key) is missing") }
    }
}
