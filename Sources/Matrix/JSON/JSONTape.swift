/// A JSON document as a flat list of its values in the order that they stand. Nothing is copied out of its bytes, which
/// every question takes again, so that one tape reads any number of documents without allocating.
package struct JSONTape: Sendable {
    package enum Kind: UInt8, Sendable {
        case null, no, yes, integer, number
        /// A string whose bytes are its text, and one that has escapes.
        case string, escaped
        case array
        /// An object whose members ascend by key, and one whose members `order` has to put so.
        case object, shuffled
    }

    /// 16 bytes a value: a document has at most as many values as bytes, and at most 2 GiB.
    package struct Node: Sendable {
        package fileprivate(set) var kind: Kind
        /// Whether an array, an object or a number stands in canonical form, with all that is in it.
        fileprivate var isCanonical = false
        /// Where the value lies: a string without its quotes. Of a shuffled object, where its keys lie in `order`.
        package fileprivate(set) var start: Int32
        package fileprivate(set) var end: Int32
        /// The node past this value and all that is in it.
        package fileprivate(set) var next: Int32

        @inline(__always)
        fileprivate var range: Range<Int> { Int(start)..<Int(end) }
    }

    package private(set) var nodes: [Node] = []
    private var order: [Int32] = []

    package init() {}

    package var isEmpty: Bool { nodes.isEmpty }

    mutating func clear() {
        nodes.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
    }

    /// Adds a value that is whole; `next` is right for what has nothing in it.
    @inline(__always)
    mutating func add(_ kind: Kind, _ range: Range<Int>) {
        let next = Int32(truncatingIfNeeded: nodes.count + 1)
        nodes.append(
            Node(
                kind: kind, start: Int32(truncatingIfNeeded: range.lowerBound),
                end: Int32(truncatingIfNeeded: range.upperBound), next: next))
        // Of at most 15 digits, an integer is its own canonical form.
        nodes[nodes.count - 1].isCanonical = kind == .integer && range.count <= 15
    }

    /// Says that the array or object at `node` ends where the tape does, and before byte `end`.
    mutating func close(_ node: Int, end: Int, isCanonical: Bool) {
        nodes[node].isCanonical = isCanonical
        nodes[node].next = Int32(truncatingIfNeeded: nodes.count)
        nodes[node].end = Int32(truncatingIfNeeded: end)
    }

    /// Puts the members of the object at `node`, which is closed, into the order of their keys; whether no key stands
    /// twice. Equal keys stay in the order that they stand in.
    mutating func sortMembers(_ node: Int, _ bytes: Span<UInt8>) -> Bool {
        let first = order.count
        var at = node + 1
        let end = after(node)
        while at < end {
            order.append(Int32(truncatingIfNeeded: at))
            at = after(at + 1)
        }
        nodes[node].kind = .shuffled
        nodes[node].start = Int32(truncatingIfNeeded: first)
        nodes[node].end = Int32(truncatingIfNeeded: order.count)
        if order.count - first <= Self.fewMembers { return insert(from: first, bytes) }
        let keys = Array(order[first...])
        let texts = keys.map { text(Int($0), bytes) }
        let sorted = keys.indices.sorted { texts[$0] == texts[$1] ? $0 < $1 : texts[$0] < texts[$1] }
        for (place, key) in sorted.enumerated() { order[first + place] = keys[key] }
        return zip(sorted, sorted.dropFirst()).allSatisfy { texts[$0] != texts[$1] }
    }

    private static let fewMembers = 32

    /// The same for few members, without making text of their keys.
    private mutating func insert(from first: Int, _ bytes: Span<UInt8>) -> Bool {
        var isDoubled = false
        let nodes = nodes
        order.withUnsafeMutableBufferPointer { order in
            for place in (first + 1)..<order.count {
                let key = order[place]
                var at = place
                while at > first, !Self.ascends(nodes[Int(order[at - 1])], nodes[Int(key)], bytes) {
                    if !Self.ascends(nodes[Int(key)], nodes[Int(order[at - 1])], bytes) {
                        isDoubled = true
                        break
                    }
                    order[at] = order[at - 1]
                    at -= 1
                }
                order[at] = key
            }
        }
        return !isDoubled
    }
}

extension JSONTape {
    /// The node past the value at `node`.
    @inline(__always)
    package func after(_ node: Int) -> Int { Int(nodes[node].next) }

    @inline(__always)
    package func kind(_ node: Int) -> Kind { nodes[node].kind }

    @inline(__always)
    package func range(_ node: Int) -> Range<Int> { nodes[node].range }

    /// Whether the array, object or number at `node` is known to stand in canonical form.
    @inline(__always)
    func isCanonical(_ node: Int) -> Bool { nodes[node].isCanonical }

    /// Where the member whose key is at `node` stands, from the key's quote to the value's end, if in canonical form.
    @inline(__always)
    func canonicalMember(_ node: Int, _ bytes: Span<UInt8>) -> Range<Int>? {
        let (key, value) = (nodes[node], nodes[node + 1])
        guard key.kind == .string, bytes[Int(key.end) + 1] == UInt8(ascii: ":") else { return nil }
        let first = Int(key.end) + 2
        if value.kind == .string {
            return Int(value.start) == first + 1 ? Int(key.start) - 1..<Int(value.end) + 1 : nil
        }
        return value.isCanonical && Int(value.start) == first ? Int(key.start) - 1..<Int(value.end) : nil
    }

    package func isObject(_ node: Int) -> Bool { kind(node) == .object || kind(node) == .shuffled }

    /// Calls `body` with the node of each key of the object at `node`, by the order of their bytes; the value's is the
    /// one after it.
    @inline(__always)
    package func forEachKey<E: Error>(_ node: Int, _ body: (Int) throws(E) -> Void) throws(E) {
        if kind(node) == .shuffled {
            for i in range(node) { try body(Int(order[i])) }
        } else {
            var at = node + 1
            let end = after(node)
            while at < end {
                try body(at)
                at = after(at + 1)
            }
        }
    }

    /// The nodes of the elements of the array at `node`.
    package func elements(_ node: Int) -> [Int] {
        var found: [Int] = []
        var at = node + 1
        while at < after(node) {
            found.append(at)
            at = after(at)
        }
        return found
    }

    /// Whether the string at `node` is `text`.
    @inline(__always)
    package func equals(_ node: Int, _ text: Text, _ bytes: Span<UInt8>) -> Bool {
        guard kind(node) == .string else { return kind(node) == .escaped && self.text(node, bytes) == text }
        let range = range(node)
        guard range.count == text.count else { return false }
        return text.withBytes { Bytes.equal(bytes, range, $0) }
    }

    /// The text of the string at `node`; its bytes are known to be UTF-8 and its escapes to be right.
    package func text(_ node: Int, _ bytes: Span<UInt8>) -> Text { Self.text(nodes[node], bytes) }

    private static func text(_ node: Node, _ bytes: Span<UInt8>) -> Text {
        let range = node.range
        guard node.kind == .escaped else {
            return bytes.extracting(range).withUnsafeBufferPointer { Text(String(decoding: $0, as: UTF8.self)) }
        }
        var unescaped: [UInt8] = []
        JSONParser.unescape(bytes, range, into: &unescaped)
        return Text(String(decoding: unescaped, as: UTF8.self))
    }

    /// Whether the key at `first` comes before the one at `second`.
    @inline(__always)
    func ascends(_ first: Int, _ second: Int, _ bytes: Span<UInt8>) -> Bool {
        Self.ascends(nodes[first], nodes[second], bytes)
    }

    @inline(__always)
    private static func ascends(_ first: Node, _ second: Node, _ bytes: Span<UInt8>) -> Bool {
        guard first.kind == .string, second.kind == .string else { return text(first, bytes) < text(second, bytes) }
        let (a, b) = (first.range, second.range)
        for i in 0..<min(a.count, b.count) {
            let (left, right) = (bytes[a.lowerBound + i], bytes[b.lowerBound + i])
            if left != right { return left < right }
        }
        return a.count < b.count
    }
}

extension JSONTape {
    /// The integer at `node`, or nil where it is none, or one of more than 64 bits.
    package func integer(_ node: Int, _ bytes: Span<UInt8>) -> Int? {
        kind(node) == .integer ? JSONParser.integer(bytes, range(node)) : nil
    }

    /// The value at `node` as a tree; the last of two equal keys counts.
    package func value(_ node: Int, _ bytes: Span<UInt8>) -> JSON {
        switch kind(node) {
        case .null: return .null
        case .no: return .bool(false)
        case .yes: return .bool(true)
        case .integer: return integer(node, bytes).map { .integer($0) } ?? .number(written(node, bytes))
        case .number: return .number(written(node, bytes))
        case .string, .escaped: return .string(text(node, bytes))
        case .array: return .array(elements(node).map { value($0, bytes) })
        case .object, .shuffled: return .object(object(node, bytes))
        }
    }

    private func object(_ node: Int, _ bytes: Span<UInt8>) -> JSON.Object {
        var members: [JSON.Member] = []
        forEachKey(node) { key in
            let key = (text: text(key, bytes), value: value(key + 1, bytes))
            if members.last?.key == key.text { members.removeLast() }
            members.append(JSON.Member(key: key.text, value: key.value))
        }
        return JSON.Object(members) ?? JSON.Object()
    }

    private func written(_ node: Int, _ bytes: Span<UInt8>) -> Text {
        bytes.extracting(range(node)).withUnsafeBufferPointer { Text(String(decoding: $0, as: UTF8.self)) }
    }
}
