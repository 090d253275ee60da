internal import CMicrohttpd  // by which Swift may know the fields of sockaddr, as well as by the system's

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A socket that listens. Whoever makes it closes it, or gives it away.
package struct Listener {
    package let socket: CInt
    package let port: Int

    /// On `::` it takes IPv4 as well, where the system can do that.
    package init(_ place: SocketPlace) throws(ServerError) {
        guard let address = SocketAddress(place) else {
            throw ServerError(kind: .listen, description: "\(place.address) is not an IP address with a port")
        }
        let socket = Self.open(address.family)
        guard socket >= 0 else { throw Self.failure(place) }
        var yes: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        if address.family == AF_INET6 {
            var no: CInt = 0
            setsockopt(socket, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<CInt>.size))
        }
        let isBound = address.withPointer { bind(socket, $0, $1) == 0 && listen(socket, 64) == 0 }
        guard isBound, let port = SocketAddress(localOf: socket)?.port else {
            let failure = Self.failure(place)
            close(socket)
            throw failure
        }
        self.socket = socket
        self.port = port
    }

    private static func open(_ family: CInt) -> CInt {
        #if canImport(Glibc)
        Glibc.socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        #else
        Darwin.socket(family, SOCK_STREAM, 0)
        #endif
    }

    private static func failure(_ place: SocketPlace) -> ServerError {
        let words = String(cString: strerror(errno)).lowercased()
        let shown = place.address.contains(":") ? "[\(place.address)]" : place.address
        return ServerError(kind: .listen, description: "cannot listen on \(shown):\(place.port): \(words)")
    }
}

/// An IPv4 or IPv6 address and port in the system's form.
struct SocketAddress {
    private var storage = sockaddr_storage()

    var family: CInt { CInt(storage.ss_family) }

    init?(_ place: SocketPlace) {
        guard let port = UInt16(exactly: place.port) else { return nil }
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET, place.address, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { [v4] in $0.storeBytes(of: v4, as: sockaddr_in.self) }
        } else if inet_pton(AF_INET6, place.address, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { [v6] in $0.storeBytes(of: v6, as: sockaddr_in6.self) }
        } else {
            return nil
        }
    }

    init?(localOf socket: CInt) {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        if code != 0 { return nil }
    }

    /// A copy of what `address` points to, which is as long as its family makes it.
    init?(copying address: UnsafePointer<sockaddr>?) {
        guard let address else { return nil }
        let family = CInt(address.pointee.sa_family)
        guard let size = Self.size(family) else { return nil }
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
        }
    }

    var port: Int {
        withUnsafeBytes(of: storage) { bytes in
            let port =
                family == AF_INET6
                ? bytes.loadUnaligned(as: sockaddr_in6.self).sin6_port
                : bytes.loadUnaligned(as: sockaddr_in.self).sin_port
            return Int(UInt16(bigEndian: port))
        }
    }

    /// `203.0.113.7:443`, `[::1]:443`; an IPv4 address mapped into IPv6 as the former.
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET6 {
                var address = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
                inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count))
            } else {
                var address = bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
                inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
            }
        }
        let address = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let mapped = "::ffff:"
        let plain = address.hasPrefix(mapped) && address.contains(".") ? String(address.dropFirst(7)) : address
        return "\(plain.bracketed):\(port)"
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        let size = Self.size(family) ?? MemoryLayout<sockaddr_storage>.size
        return withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
        }
    }

    private static func size(_ family: CInt) -> Int? {
        switch family {
        case AF_INET: MemoryLayout<sockaddr_in>.size
        case AF_INET6: MemoryLayout<sockaddr_in6>.size
        default: nil
        }
    }
}
