package import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why a host name has no address.
package struct NameError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Where the addresses of host names come from: the system (`/etc/hosts` counts), or a table in a test.
package struct HostResolver: Sendable {
    /// The addresses of a name as text, in the order to try them.
    package let addresses: @Sendable (Text) async -> Result<[Text], NameError>

    package init(_ addresses: @escaping @Sendable (Text) async -> Result<[Text], NameError>) {
        self.addresses = addresses
    }

    /// getaddrinfo on a thread of its own, since it blocks and the pool has as many threads as cores.
    package static let system = HostResolver { name in
        await withCheckedContinuation { continuation in
            startThread { continuation.resume(returning: look(up: name)) }
        }
    }

    private static func look(up name: Text) -> Result<[Text], NameError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(name.string, nil, &hints, &list)
        guard failure == 0 else {
            return .failure(NameError(description: String(cString: gai_strerror(failure)).lowercased()))
        }
        defer { freeaddrinfo(list) }
        var found: [Text] = []
        var entry = list
        while let info = entry?.pointee {
            if let text = numeric(info), !found.contains(text) { found.append(text) }
            entry = info.ai_next
        }
        return found.isEmpty ? .failure(NameError(description: "it has no address")) : .success(found)
    }

    private static func numeric(_ info: addrinfo) -> Text? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            info.ai_addr, info.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        return failure == 0
            ? Text(String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)) : nil
    }
}
