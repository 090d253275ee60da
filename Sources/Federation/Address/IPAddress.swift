package import Matrix

/// An IPv4 or IPv6 address as a number, and whether it is one that everybody can reach.
package struct IPAddress: Sendable, Hashable {
    /// Four bytes or sixteen.
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard [4, 16].contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// Reads a dotted quad, or an IPv6 address with or without brackets.
    package init?(_ text: Text) {
        let bracketed = text.string.contains(":") && !text.hasPrefix("[") ? Text("[\(text)]") : text
        guard let name = ServerName(bracketed), name.port == nil else { return nil }
        switch name.host {
        case .name: return nil
        case .ipv4(let text):
            bytes = text.utf8.split(separator: UInt8(ascii: ".")).compactMap {
                UInt8(String(decoding: $0, as: UTF8.self))
            }
        case .ipv6(let text): bytes = IPv6Address(text)?.groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []
        }
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
    }

    package var isIPv4: Bool { bytes.count == 4 }

    /// The IPv4 address that an IPv6 one stands for: mapped (`::ffff:0:0/96`), compatible (`::/96`), 6to4
    /// (`2002::/16`) or NAT64 (`64:ff9b::/96`); itself where it stands for none.
    package var unwrapped: IPAddress {
        func inner(_ at: Int) -> IPAddress { IPAddress(bytes: Array(bytes[at..<at + 4])) ?? self }
        guard !isIPv4 else { return self }
        if AddressRange.mapped.contains(self) || AddressRange.nat64.contains(self) { return inner(12) }
        if AddressRange.sixToFour.contains(self) { return inner(2) }
        // ::/96 holds :: and ::1 as well, which stand for themselves.
        return AddressRange.compatible.contains(self) && bytes[12...].contains { $0 > 1 } ? inner(12) : self
    }

    /// Whether it is in no range that is private, reserved or of this machine (IANA's special-purpose registries).
    package var isPublic: Bool {
        let address = unwrapped
        if address.isIPv4 { return !AddressRange.specialIPv4.contains { $0.contains(address) } }
        return AddressRange.globalIPv6.contains(address) && !AddressRange.specialIPv6.contains { $0.contains(address) }
    }
}

/// A range of addresses: `10.0.0.0/8`, `fc00::/7`.
package struct AddressRange: Sendable, Hashable {
    private let base: IPAddress
    private let length: Int

    /// Reads an address and the length of its prefix, or one address alone.
    package init?(_ text: Text) {
        let parts = text.split(at: "/")
        guard let base = IPAddress(parts?.before ?? text) else { return nil }
        let full = base.bytes.count * 8
        guard let length = parts.map({ Int($0.after.string) }) ?? full, (0...full).contains(length) else { return nil }
        self.base = base
        self.length = length
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        return address.bytes.indices.allSatisfy { i in
            let bits = min(8, max(0, length - i * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return address.bytes[i] & mask == base.bytes[i] & mask
        }
    }

    private static func ranges(_ texts: Text...) -> [AddressRange] { texts.compactMap { AddressRange($0) } }

    /// What `--allow-address loopback` and `private` stand for.
    package static let loopback = ranges("127.0.0.0/8", "::1/128")
    package static let privateUse = ranges(
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10", "169.254.0.0/16")

    static let mapped = ranges("::ffff:0:0/96")[0]
    static let compatible = ranges("::/96")[0]
    static let nat64 = ranges("64:ff9b::/96")[0]
    static let sixToFour = ranges("2002::/16")[0]
    static let globalIPv6 = ranges("2000::/3")[0]
    static let specialIPv6 = ranges("2001::/23", "2001:db8::/32", "3fff::/20")
    static let specialIPv4 = ranges(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4")
}
