internal import Matrix

/// The proxy that the person has, and the hosts that it is not for, read as curl reads them.
///
/// libcurl would read both out of the environment by itself. That is done here, since what goes past the proxy is looked
/// up by us, and libcurl must not be of another mind.
package struct ProxyRoute: Sendable, Hashable {
    package static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

    package let url: String
    /// Who named it: `--proxy`, `https_proxy`.
    package let source: String
    private let exceptions: [String]

    /// Nil where `url` has no host, or a scheme that no proxy of libcurl's has. `exceptions` is the value of `NO_PROXY`.
    package init?(_ url: String, source: String, exceptions: String?) {
        let scheme = url.range(of: "://").map { url[..<$0.lowerBound].lowercased() } ?? "http"
        guard Self.schemes.contains(scheme), url.utf8.allSatisfy({ $0.isVisible && $0 < 0x80 }),
            !Self.place(url).isEmpty
        else { return nil }
        self.url = url
        self.source = source
        self.exceptions = (exceptions ?? "").split { ", \t".contains($0) }.map { $0.lowercased() }
    }

    /// Its host and port, without what may be a password before them.
    package var place: String { Self.place(url) }

    private static func place(_ url: String) -> String {
        let rest = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let authority = rest.prefix { !"/?#".contains($0) }
        return String(authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority)
    }

    /// Whether requests to `host`, the name in the URL, go through it.
    package func covers(_ host: String) -> Bool {
        if exceptions == ["*"] { return false }
        if let address = IPAddress(Text(host)) { return !exceptions.contains { Self.range($0, holds: address) } }
        let name = Self.undotted(host.lowercased())
        return !exceptions.contains { entry in
            let tail = Self.undotted(entry.hasPrefix(".") ? String(entry.dropFirst()) : entry)
            return !tail.isEmpty && (name == tail || name.hasSuffix("." + tail))
        }
    }

    private static func range(_ entry: String, holds address: IPAddress) -> Bool {
        AddressRange(Text(entry))?.contains(address) ?? false
    }

    private static func undotted(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }
}

extension String {
    /// Where `text` stands first.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
