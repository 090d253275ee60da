/// An IPv6 address read from its text (RFC 4291 section 2.2): eight groups, `::` once, a dotted quad at the end.
package struct IPv6Address: Sendable, Hashable {
    /// The eight groups, highest first.
    package let groups: [UInt16]

    package init?(_ text: Text) {
        guard (2...45).contains(text.count) else { return nil }
        let halves = Self.halves(text.string)
        guard let head = Self.groups(halves[0], isEnd: halves.count == 1) else { return nil }
        guard halves.count == 2 else {
            guard head.count == 8 else { return nil }
            groups = head
            return
        }
        guard let tail = Self.groups(halves[1], isEnd: true), head.count + tail.count < 8 else { return nil }
        groups = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    package var isLoopback: Bool { groups == [0, 0, 0, 0, 0, 0, 0, 1] }

    private static func halves(_ text: String) -> [Substring] {
        let bytes = text.utf8
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let next = bytes.index(after: at)
            if bytes[at] == UInt8(ascii: ":"), next < bytes.endIndex, bytes[next] == UInt8(ascii: ":") {
                return [text[..<at]] + [text[bytes.index(after: next)...]]
            }
            at = next
        }
        return [text[...]]
    }

    /// A dotted quad stands nowhere but at the end of the whole address.
    private static func groups(_ text: Substring, isEnd: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (i, part) in parts.enumerated() {
            if isEnd, i == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let quad = quad(part) else { return nil }
                groups += quad
            } else {
                guard let group = group(part) else { return nil }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    /// `UInt16("+1", radix: 16)` is 1, so digits are looked at first.
    private static func group(_ part: Substring.UTF8View.SubSequence) -> UInt16? {
        guard (1...4).contains(part.count), !part.contains(UInt8(ascii: "+")), !part.contains(UInt8(ascii: "-")) else {
            return nil
        }
        return UInt16(String(decoding: part, as: UTF8.self), radix: 16)
    }

    private static func quad(_ part: Substring.UTF8View.SubSequence) -> [UInt16]? {
        guard let name = ServerName(Text(String(decoding: part, as: UTF8.self))), case .ipv4 = name.host else {
            return nil
        }
        let numbers = part.split(separator: UInt8(ascii: ".")).compactMap {
            UInt16(String(decoding: $0, as: UTF8.self))
        }
        return [numbers[0] << 8 | numbers[1], numbers[2] << 8 | numbers[3]]
    }
}
