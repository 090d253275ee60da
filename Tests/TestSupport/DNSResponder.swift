internal import Federation
internal import Foundation
internal import Matrix

/// A name server on a loopback port, over UDP and TCP, that answers out of a table. Ends with `stop`.
package final class DNSResponder: Sendable {
    package struct Record: Sendable {
        let type: UInt16
        let data: [UInt8]
        var owner: String?

        package static func a(_ address: String) -> Record {
            Record(type: 1, data: address.split(separator: ".").compactMap { UInt8($0) })
        }

        /// Sixteen bytes.
        package static func aaaa(_ bytes: [UInt8]) -> Record { Record(type: 28, data: bytes) }

        package static func srv(_ priority: Int, _ weight: Int, _ port: Int, _ target: String) -> Record {
            Record(type: 33, data: [priority, weight, port].flatMap { [UInt8].be($0) } + .name(target))
        }

        package static func cname(_ target: String) -> Record { Record(type: 5, data: .name(target)) }

        /// The same as a record of another name, as where an alias leads to.
        package func of(_ owner: String) -> Record { Record(type: type, data: data, owner: owner) }
    }

    package enum Answer: Sendable {
        /// None is NODATA.
        case records([Record])
        case code(UInt8)
        case silence
        /// Nothing over UDP but the word that it is too long; the records over TCP.
        case truncated([Record])
        /// The same word over UDP, and nothing over TCP, whose connection stays.
        case stalled
        /// Bytes that are no answer.
        case garbage
        /// An answer that has fewer records than it says.
        case cut
    }

    /// By name and type, as in `a.example A`; what is not there does not exist.
    package typealias Table = [String: Answer]

    package let port: Int
    private let table: Table
    private let sockets: [Int32]
    private let seen = Locked<[String]>([])

    /// What was asked, in order: `a.example A`.
    package var asked: [String] { seen.withLock { $0 } }

    package init(_ table: Table, address: String = "127.0.0.1") throws {
        self.table = table
        guard let (port, sockets) = (0..<50).lazy.compactMap({ _ in Self.pair(address) }).first else {
            throw POSIXError(.EADDRINUSE)
        }
        self.port = port
        self.sockets = sockets
        let (udp, tcp) = (sockets[0], sockets[1])
        Thread.detachNewThread { [self] in serveUDP(udp) }
        Thread.detachNewThread { [self] in serveTCP(tcp) }
    }

    package func stop() {
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    // MARK: - Sockets

    /// Sockets for UDP and TCP at one port: that of the first may be another's for the second.
    private static func pair(_ address: String) -> (port: Int, sockets: [Int32])? {
        var port = 0
        let tcp = bound(Int32(SOCK_STREAM.rawValue), address, &port)
        guard tcp >= 0 else { return nil }
        let udp = bound(Int32(SOCK_DGRAM.rawValue), address, &port)
        guard udp >= 0 else {
            close(tcp)
            return nil
        }
        return (port, [udp, tcp])
    }

    /// A socket of that kind at `address`, IPv4 or IPv6, and at `port`, or at a free one that `port` is set to.
    private static func bound(_ kind: Int32, _ address: String, _ port: inout Int) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = kind
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &list) == 0, let info = list?.pointee else { return -1 }
        defer { freeaddrinfo(list) }
        let made = socket(info.ai_family, kind, 0)
        var place = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(made, info.ai_addr, info.ai_addrlen) == 0 && getsockname(made, raw, &length) == 0
            }
        }
        guard isBound, kind != Int32(SOCK_STREAM.rawValue) || listen(made, 8) == 0 else {
            close(made)
            return -1
        }
        // The port lies at the same place in both kinds of address.
        port = withUnsafeBytes(of: place) { Int($0[2]) << 8 | Int($0[3]) }
        return made
    }

    private func serveUDP(_ socket: Int32) {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let got = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(socket, &buffer, buffer.count, 0, $0, &length)
                }
            }
            guard got > 12 else { break }
            guard let answer = answer(to: Array(buffer[..<got]), overTCP: false) else { continue }
            withUnsafePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(socket, answer, answer.count, 0, $0, length)
                }
            }
        }
        close(socket)
    }

    private func serveTCP(_ socket: Int32) {
        var stalled: [Int32] = []
        defer { for peer in stalled { close(peer) } }
        while true {
            let peer = accept(socket, nil, nil)
            guard peer >= 0 else { break }
            var buffer = [UInt8](repeating: 0, count: 514)
            let got = read(peer, &buffer, buffer.count)
            if got > 14 {
                guard let answer = answer(to: Array(buffer[2..<got]), overTCP: true) else {
                    stalled.append(peer)
                    continue
                }
                let framed = [UInt8].be(answer.count) + answer
                _ = write(peer, framed, framed.count)
            }
            close(peer)
        }
        close(socket)
    }

    // MARK: - Messages

    private func answer(to query: [UInt8], overTCP: Bool) -> [UInt8]? {
        var (labels, at) = ([String](), 12)
        while at < query.count, query[at] != 0 {
            let end = min(at + 1 + Int(query[at]), query.count)
            labels.append(String(decoding: query[(at + 1)..<end], as: UTF8.self))
            at = end
        }
        guard at + 4 < query.count else { return nil }
        let types: [UInt8: String] = [1: "A", 5: "CNAME", 28: "AAAA", 33: "SRV"]
        let asked = "\(labels.joined(separator: ".")) \(types[query[at + 2]] ?? "?")"
        seen.withLock { $0.append(asked) }
        let question = Array(query[12...(at + 4)])
        switch answer(for: asked) {
        case .silence: return nil
        case .garbage: return Array(query[..<2]) + [0x85, 0x80, 0xFF, 0xFF, 0xFF, 0xFF]
        case .cut: return head(query, 0, 9) + question
        case .code(let code): return head(query, code, 0) + question
        case .stalled where overTCP: return nil
        case .truncated where !overTCP, .stalled: return head(query, 0, 0, isCut: true) + question
        case .records(let records), .truncated(let records):
            return head(query, 0, records.count) + question
                + records.flatMap { record in
                    let owner = record.owner.map { [UInt8].name($0) } ?? [0xC0, 0x0C]
                    return owner + [UInt8].be(Int(record.type)) + [0, 1, 0, 0, 1, 44] + [UInt8].be(record.data.count)
                        + record.data
                }
        }
    }

    private func answer(for asked: String) -> Answer {
        if let answer = table[asked] { return answer }
        let name = asked.prefix { $0 != " " }
        // A name that has other records exists.
        return table.keys.contains { $0.hasPrefix(name + " ") } ? .records([]) : .code(3)
    }

    private func head(_ query: [UInt8], _ code: UInt8, _ count: Int, isCut: Bool = false) -> [UInt8] {
        Array(query[..<2]) + [isCut ? 0x87 : 0x85, 0x80 | code, 0, 1] + [UInt8].be(count) + [0, 0, 0, 0]
    }
}

extension [UInt8] {
    fileprivate static func be(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 255), UInt8(number & 255)] }

    fileprivate static func name(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}
