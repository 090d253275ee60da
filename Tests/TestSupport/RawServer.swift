package import Federation

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A server on a loopback port that says just the bytes it is told to, over TLS or plain TCP: for what a well-behaved
/// one cannot say.
///
/// To each connection it plays its script once: after the request's head has come, where it speaks TLS.
package final class RawServer: Sendable {
    package enum Step: Sendable {
        case say(String)
        case bytes([UInt8])
        /// Again and again, until the client goes.
        case flood(String)
        /// Again and again with a pause before each.
        case drip(String, every: Duration)
        /// Until the client goes, or the server is stopped.
        case silence
        /// Closes the connection without TLS's own goodbye.
        case cut
    }

    private struct Seen {
        var heads: [[UInt8]] = []
        var serverNames: [String?] = []
        var connections = 0
        var saidBytes = 0
        var sockets: Set<CInt> = []
        var isStopped = false
    }

    package let port: Int
    private let listener: CInt
    private let identity: TLSIdentity?
    private let script: [Step]
    private let seen = Locked(Seen())

    package init(_ identity: TLSIdentity?, address: String = "127.0.0.1", _ script: [Step]) {
        self.identity = identity
        self.script = script
        guard let listener = try? Listener(SocketPlace(address: address, port: 0)) else {
            fatalError("no free port on \(address)")
        }
        self.listener = listener.socket
        port = listener.port
        startThread { [self] in accept() }
    }

    /// What came of each request, up to the end of its head, or until the client went.
    package var heads: [String] { seen.withLock { $0.heads.map { String(decoding: $0, as: UTF8.self) } } }
    /// The name that each TLS greeting asked for.
    package var serverNames: [String?] { seen.withLock { $0.serverNames } }
    package var connections: Int { seen.withLock { $0.connections } }
    package var saidBytes: Int { seen.withLock { $0.saidBytes } }

    package func stop() {
        seen.withLock { seen in
            seen.isStopped = true
            for socket in seen.sockets { shutdown(socket, CInt(SHUT_RDWR)) }
        }
        shutdown(listener, CInt(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let socket = acceptOne(listener)
            guard socket >= 0, open(socket) else { break }
            startThread { [self] in
                serve(socket)
                seen.withLock { _ = $0.sockets.remove(socket) }
                close(socket)
            }
        }
        close(listener)
    }

    private func open(_ socket: CInt) -> Bool {
        seen.withLock { seen in
            guard !seen.isStopped else { return false }
            seen.connections += 1
            seen.sockets.insert(socket)
            return true
        }
    }

    private func serve(_ socket: CInt) {
        guard let identity else { return play(PlainChannel(socket: socket)) }
        guard let channel = TLSChannel(socket, identity) else { return }
        seen.withLock { $0.serverNames.append(channel.serverName) }
        readHead(channel)
        play(channel)
    }

    private func readHead(_ channel: any Channel) {
        let index = seen.withLock { seen in
            seen.heads.append([])
            return seen.heads.count - 1
        }
        var head: [UInt8] = []
        while let more = channel.read() {
            head += more
            let shown = head
            seen.withLock { $0.heads[index] = shown }
            if String(decoding: head, as: UTF8.self).contains("\r\n\r\n") { return }
        }
    }

    private func play(_ channel: any Channel) {
        for step in script {
            guard take(step, channel) else { return }
        }
        channel.end()
    }

    private func take(_ step: Step, _ channel: any Channel) -> Bool {
        switch step {
        case .say(let text): say(Array(text.utf8), channel)
        case .bytes(let bytes): say(bytes, channel)
        case .flood(let text):
            repeated(text, pause: 0, channel)
        case .drip(let text, let pause):
            repeated(text, pause: UInt32(pause / .microseconds(1)), channel)
        case .silence:
            while channel.read() != nil {}
            return false
        case .cut: return false
        }
        return true
    }

    private func say(_ bytes: [UInt8], _ channel: any Channel) {
        if channel.write(bytes) { seen.withLock { $0.saidBytes += bytes.count } }
    }

    private func repeated(_ text: String, pause: UInt32, _ channel: any Channel) {
        let bytes = Array(text.utf8)
        repeat {
            if pause > 0 { usleep(pause) }
            seen.withLock { $0.saidBytes += bytes.count }
        } while channel.write(bytes)
    }
}

#if canImport(Glibc)
private func acceptOne(_ listener: CInt) -> CInt { Glibc.accept(listener, nil, nil) }
#else
private func acceptOne(_ listener: CInt) -> CInt { Darwin.accept(listener, nil, nil) }
#endif
