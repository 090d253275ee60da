/// A server name: host and optional port, by the grammar (appendices, "Server Name").
package struct ServerName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package enum Host: Sendable, Hashable {
        case name(Text)
        case ipv4(Text)
        /// Without its brackets.
        case ipv6(Text)
    }

    /// What the host is, in one byte: there are as many server names as events in a room.
    private enum Kind: UInt8 { case name, ipv4, ipv6 }

    /// The name as it was written: names are compared byte for byte, and never folded.
    package let text: Text
    private let kind: Kind
    /// 0 where there is none.
    private let number: UInt16

    /// Reads a server name of at most 255 bytes, or returns nil where `text` is none.
    package init?(_ text: Text) {
        guard text.count <= 255, let (host, port) = Self.split(text) else { return nil }
        guard let kind = Self.kind(host) else { return nil }
        self.text = text
        self.kind = kind
        switch port.map(Self.port) {
        case nil: number = 0
        case .some(nil): return nil
        case .some(let port?): number = UInt16(port)
        }
    }

    package var port: Int? { number == 0 ? nil : Int(number) }

    package var host: Host {
        let host = Self.split(text)?.host ?? text
        return switch kind {
        case .name: .name(host)
        case .ipv4: .ipv4(host)
        case .ipv6: .ipv6(Self.inner(host))
        }
    }

    // The text says all.
    package static func == (left: ServerName, right: ServerName) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { text.hash(into: &hasher) }
    package static func < (left: ServerName, right: ServerName) -> Bool { left.text < right.text }
    package var description: String { text.string }

    /// The host as it stands in a URL: an IPv6 address in brackets.
    package var urlHost: String {
        switch host {
        case .name(let name), .ipv4(let name): name.string
        case .ipv6(let address): "[\(address)]"
        }
    }

    package var isIPLiteral: Bool { kind != .name }

    /// Whether the host is a name of this machine or an address of the loopback range.
    package var isLoopback: Bool {
        switch host {
        case .name(let name): name.string.lowercased() == "localhost"
        case .ipv4(let address): address.hasPrefix("127.")
        case .ipv6(let address): IPv6Address(address)?.isLoopback ?? false
        }
    }

    private static func split(_ text: Text) -> (host: Text, port: Text?)? {
        guard text.hasPrefix("[") else {
            guard let (host, port) = text.split(at: ":") else { return (text, nil) }
            return (host, port)
        }
        guard let (host, rest) = text.split(at: "]") else { return nil }
        if rest.isEmpty { return (Text(host.string + "]"), nil) }
        guard rest.hasPrefix(":"), let port = rest.split(at: ":")?.after else { return nil }
        return (Text(host.string + "]"), port)
    }

    private static func inner(_ host: Text) -> Text {
        Text(String(host.string.unicodeScalars.dropFirst().dropLast()))
    }

    private static func kind(_ host: Text) -> Kind? {
        if host.hasPrefix("[") { return IPv6Address(inner(host)) == nil ? nil : .ipv6 }
        guard !host.isEmpty, host.withBytes({ $0.allSatisfy(isNameByte) }) else { return nil }
        return isIPv4(host) ? .ipv4 : .name
    }

    /// dns-char = DIGIT / ALPHA / "-" / "."
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// port = 1*5DIGIT, and a port that can exist; `Int("+8448")` is 8448, so digits are looked at first.
    private static func port(_ text: Text) -> Int? {
        guard (1...5).contains(text.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(text.string), (1...65_535).contains(port)
        else { return nil }
        return port
    }

    /// Four decimal numbers up to 255 without leading zeros, which some resolvers take for octal ones.
    private static func isIPv4(_ text: Text) -> Bool {
        // Nearly every name ends in a letter.
        guard text.withBytes({ $0.last.map { (0x30...0x39).contains($0) } ?? false }) else { return false }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard let number = UInt8(String(decoding: part, as: UTF8.self)) else { return false }
                return String(number).utf8.elementsEqual(part)
            }
    }
}
