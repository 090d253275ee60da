internal import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

extension Request {
    /// What libcurl would change, misread or pass on although it must not be sent; nil where all is well.
    var fault: Refusal? {
        if let fault = Self.hostFault(host) ?? connectTo.flatMap({ Self.hostFault($0.host) }) { return fault }
        guard Self.isPort(port), connectTo.map({ Self.isPort($0.port) }) ?? true else {
            return Refusal(.other, "a port is not between 1 and 65535")
        }
        guard target.hasPrefix("/"), target.utf8.allSatisfy({ $0.isVisible && $0 != UInt8(ascii: "#") }) else {
            return Refusal(.protocolFault, "the request target is not a percent-encoded path and query")
        }
        guard !hostHeader.isEmpty, hostHeader.utf8.allSatisfy(\.isVisible) else {
            return Refusal(.protocolFault, "the Host header is not a name")
        }
        for header in headers where !header.isSendable {
            return Refusal(.protocolFault, "a request header holds bytes that must not be sent")
        }
        return nil
    }

    /// libcurl reads `0x7f.1`, `2130706433` and `0177.0.0.1` as 127.0.0.1, past every check of the text: here a host
    /// that ends in a number is a plain dotted quad or nothing.
    private static func hostFault(_ host: String) -> Refusal? {
        if host.hasPrefix("[") || host.contains(":") {
            let inner = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host[...]
            var address = in6_addr()
            return inet_pton(AF_INET6, String(inner), &address) == 1
                ? nil : Refusal(.name, "the host is not an IPv6 address")
        }
        guard !host.isEmpty, host.utf8.count <= 255, host.utf8.allSatisfy(\.isInHostName) else {
            return Refusal(.name, "the host is not a name")
        }
        guard endsInNumber(host), !isDottedQuad(host) else { return nil }
        return Refusal(.name, "\(host) is neither a name nor an IP address in its usual form")
    }

    private static func isPort(_ port: Int) -> Bool { (1...65_535).contains(port) }

    private static func endsInNumber(_ host: String) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."))
        guard let last = labels.last else { return true }
        return last.allSatisfy(\.isDigit) || last.starts(with: "0x".utf8) || last.starts(with: "0X".utf8)
    }

    private static func isDottedQuad(_ host: String) -> Bool {
        let parts = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.count), part.allSatisfy(\.isDigit) else { return false }
                let isPlain = part.count == 1 || part.first != UInt8(ascii: "0")
                return isPlain && part.reduce(0, { $0 * 10 + Int($1 - 0x30) }) <= 255
            }
    }
}

extension Header {
    fileprivate var isSendable: Bool {
        name.string.utf8.isToken && value.string.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}

extension Sequence<UInt8> {
    /// Whether this may be a header's name: RFC 9110, section 5.6.2.
    var isToken: Bool {
        var isEmpty = true
        for byte in self {
            guard byte.isVisible, byte < 0x7F, !#"(),/:;<=>?@[\]{}""#.utf8.contains(byte) else { return false }
            isEmpty = false
        }
        return !isEmpty
    }
}

extension UInt8 {
    /// Printable ASCII but for the space.
    var isVisible: Bool { (0x21...0x7E).contains(self) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    fileprivate var isInHostName: Bool {
        isDigit || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || [0x2D, 0x2E, 0x5F].contains(self)
    }
}
