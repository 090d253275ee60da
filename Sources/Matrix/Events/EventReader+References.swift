// The events that an event names.
extension EventReader {
    mutating func authEvents(_ s: Span<UInt8>) throws(PDU.Failure) -> [EventKey] {
        var keys: [EventKey] = []
        // One node each, as nearly every list has them.
        let nodes = members.authEvents > 0 ? parser.tape.after(members.authEvents) - members.authEvents - 1 : 0
        keys.reserveCapacity(min(nodes, PDU.mostAuthEvents))
        try references(members.authEvents, "auth_events", most: PDU.mostAuthEvents, s) { keys.append($0) }
        return keys
    }

    /// The first of them, and how many there are.
    mutating func previous(_ s: Span<UInt8>) throws(PDU.Failure) -> (first: EventKey?, count: Int) {
        var found: (first: EventKey?, count: Int) = (nil, 0)
        try references(members.prevEvents, "prev_events", most: PDU.mostPrevEvents, s) { key in
            found = (found.first ?? key, found.count + 1)
        }
        return found
    }

    @inline(__always)
    private mutating func references(
        _ node: Int, _ key: Text, most: Int, _ s: Span<UInt8>, _ take: (EventKey) -> Void
    ) throws(PDU.Failure) {
        guard node > 0, parser.tape.kind(node) == .array else {
            throw PDU.Failure(description: "\(key) is not a list")
        }
        var count = 0
        var at = node + 1
        while at < parser.tape.after(node) {
            guard let reference = reference(at, s) else {
                throw PDU.Failure(
                    description: "\(key) holds what is no event reference of room version \(version.id)")
            }
            take(reference)
            count += 1
            guard count <= most else {
                throw PDU.Failure(description: "\(key) names more than \(most) events")
            }
            at = parser.tape.after(at)
        }
    }

    private mutating func reference(_ node: Int, _ s: Span<UInt8>) -> EventKey? {
        guard !version.choosesEventIDs else {
            return EventReferences.id(of: parser.tape.value(node, s), version).map { EventKey(text: $0) }
        }
        let range = parser.tape.range(node)
        if parser.tape.kind(node) == .string, range.count == 44, s[range.lowerBound] == UInt8(ascii: "$") {
            let key = s.extracting(range.dropFirst()).withUnsafeBufferPointer {
                EventKey(digits: $0, urlSafe: isURLSafe)
            }
            if let key { return key }
        }
        // With an escape in it, or last bits that stand for nothing.
        guard let id = string(node, s).flatMap({ version.hashID($0) }) else { return nil }
        let key = EventKey(id, version)
        if key.id(version) != id { oddIDs.append(id) }
        return key
    }

    func chosen(_ node: Int, _ s: Span<UInt8>) -> [EventID] {
        parser.tape.elements(node).compactMap { EventReferences.id(of: parser.tape.value($0, s), version) }
    }
}
