internal import Matrix

/// Which addresses a connection may go to.
///
/// What the person named may be anywhere. What only a remote named (a well-known target, an SRV target, a redirect, a
/// candidate, a server whose keys are wanted) must be public, or in a range that the person allowed.
package struct AddressPolicy: Sendable, Hashable {
    package enum Scope: Sendable, Hashable {
        case anywhere
        /// Who led us there, as a clause: `the well-known file of example.org`.
        case ledBy(String)
    }

    package let scope: Scope
    package let allowed: [AddressRange]

    package static let anywhere = AddressPolicy(scope: .anywhere, allowed: [])

    package init(scope: Scope, allowed: [AddressRange]) {
        self.scope = scope
        self.allowed = allowed
    }

    /// The policy for where a server led that was reached under this one.
    package func led(by who: String) -> AddressPolicy { AddressPolicy(scope: .ledBy(who), allowed: allowed) }

    /// Why a connection to `address` is not made; nil where it may be.
    package func refusal(of address: IPAddress) -> String? {
        guard case .ledBy(let who) = scope else { return nil }
        let inner = address.unwrapped
        if address.isPublic || allowed.contains(where: { $0.contains(address) || $0.contains(inner) }) { return nil }
        return "\(who) leads to the address \(address), which is not public (--allow-address)"
    }
}

extension IPAddress: CustomStringConvertible {
    /// A dotted quad, or eight groups with the longest run of zeros as `::` (RFC 5952).
    package var description: String {
        guard !isIPv4 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        let zeros = groups.indices.map { start in groups[start...].prefix { $0 == 0 }.count }
        let longest = zeros.max() ?? 0
        guard longest > 1, let start = zeros.firstIndex(of: longest) else { return Self.text(groups[...]) }
        return "\(Self.text(groups[..<start]))::\(Self.text(groups[(start + longest)...]))"
    }

    private static func text(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}
