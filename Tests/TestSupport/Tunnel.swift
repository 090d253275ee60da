// Which module has the kinds of sockets depends on how the C modules are built: this one, or the next.
internal import CMicrohttpd
internal import Federation
internal import Foundation

#if canImport(Glibc)
internal import Glibc
#endif

/// A proxy on a loopback port that connects whoever says `CONNECT` to one port of this machine, whatever was asked for.
package final class Tunnel: Sendable {
    package let port: Int
    private let listener: CInt
    private let target: Int
    private let seen = Locked<[String]>([])

    package init(to target: Int) throws {
        let listener = try Listener(SocketPlace(address: "127.0.0.1", port: 0))
        self.listener = listener.socket
        self.target = target
        port = listener.port
        startThread { [self] in accept() }
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// The heads that it was sent.
    package var heads: [String] { seen.withLock { $0 } }

    package func stop() { shutdown(listener, CInt(SHUT_RDWR)) }

    private func accept() {
        while true {
            let socket = acceptConnection(listener)
            guard socket >= 0 else { break }
            startThread { [self] in serve(socket) }
        }
        close(listener)
    }

    private func serve(_ socket: CInt) {
        let client = PlainChannel(socket: socket)
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), let more = client.read() { head += more }
        let text = String(decoding: head, as: UTF8.self)
        seen.withLock { $0.append(text) }
        let upstream = connectToLoopback(target)
        guard upstream >= 0, client.write(Array("HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n".utf8))
        else {
            close(socket)
            return
        }
        let server = PlainChannel(socket: upstream)
        startThread {
            while let bytes = server.read(), client.write(bytes) {}
            shutdown(socket, CInt(SHUT_RDWR))
        }
        while let bytes = client.read(), server.write(bytes) {}
        shutdown(upstream, CInt(SHUT_RDWR))
    }
}

private func acceptConnection(_ listener: CInt) -> CInt { accept(listener, nil, nil) }

private func connectToLoopback(_ port: Int) -> CInt {
    #if canImport(Glibc)
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    #else
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return code == 0 ? descriptor : -1
}
