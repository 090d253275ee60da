package import Federation
package import Matrix

/// Where the events of a send_join answer lie in its bytes: cut out without being read, since there can be 200,000.
///
/// Only structure is looked at here. Each piece is read by the strict reader when it is its turn.
package struct SendJoinAnswer: Sendable {
    package let state: [Range<Int>]
    package let authChain: [Range<Int>]
    /// Our own event as the resident has it.
    package let event: Range<Int>?
    package let membersOmitted: Bool
    /// Where `servers_in_room` lies.
    package let serversInRoom: Range<Int>?

    /// More events than any room has, and a bound on what a hostile resident makes us keep.
    static let mostEvents = 500_000

    /// What finds the events in an answer as it arrives; `isV1` says that the whole is `[200, {…}]`.
    static func scanner(isV1: Bool) -> JSONScanner {
        JSONScanner(lists: ["state", "auth_chain"], isPair: isV1, most: mostEvents)
    }

    /// What `scanner`, which has gone to the end of `body`, found in it.
    init(_ scanner: JSONScanner, _ body: Blob) throws(JSONError) {
        for key: Text in ["state", "auth_chain"] where !scanner.has(key) { throw scanner.error("\(key) is missing") }
        state = scanner.elements[0]
        authChain = scanner.elements[1]
        event = scanner.members["event"]
        membersOmitted = scanner.members["members_omitted"].map { body[$0] == Array("true".utf8) } ?? false
        serversInRoom = scanner.members["servers_in_room"]
    }

    package init(cutting body: Blob, isV1: Bool) throws(JSONError) {
        var scanner = Self.scanner(isV1: isV1)
        try body.scan { bytes throws(JSONError) in try scanner.finish(bytes) }
        try self.init(scanner, body)
    }
}

extension Blob {
    /// Calls `body` with all the bytes that are there.
    func scan(_ body: (Span<UInt8>) throws(JSONError) -> Void) throws(JSONError) {
        let result = withBytes(in: 0..<count) { bytes in
            Result { () throws(JSONError) in try body(bytes) }
        }
        try result.get()
    }
}
