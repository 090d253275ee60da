internal import CResolv
package import Matrix

/// A question to a name server and what came back, by the C library's resolver.
package struct DNSQuery: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case a = "A"
        case aaaa = "AAAA"
        case srv = "SRV"
        case cname = "CNAME"
    }

    /// A name server to ask in place of the system's: an IP address and a port.
    package struct Server: Sendable, Hashable {
        package let address: String
        package let port: Int
        /// How long it may take to answer, once; it is asked again then, and may take twice as long.
        var seconds = Self.patience
        fileprivate static let patience = 2

        package init(address: String, port: Int = 53) {
            self.address = address
            self.port = port
        }
    }

    package struct Record: Sendable, Hashable {
        package let kind: Kind
        package let ttl: Int
        /// An address, or the name that the record leads to, without its last dot.
        package let text: Text
        package let priority: Int
        package let weight: Int
        package let port: Int
    }

    /// What came of a question. `rcode` is its name as dig prints it.
    package enum Outcome: Sendable, Hashable {
        case records([Record])
        /// The name does not exist (NXDOMAIN), or has no such record (NODATA).
        case notFound(rcode: String)
        /// An answer that says neither: SERVFAIL, REFUSED and the like.
        case failed(rcode: String)
        case timedOut
    }

    private static let mostRecords = 100

    /// Asks, and blocks meanwhile, at most six seconds a name server: for a thread of its own.
    static func ask(_ kind: Kind, _ name: Text, of server: Server?) -> Outcome {
        var answer = [UInt8](repeating: 0, count: 65_535)
        let port = UInt16(server?.port ?? 0)
        let seconds = CInt(server?.seconds ?? Server.patience)
        let length = cresolv_ask(
            name.string, kind.number, server?.address, port, seconds, &answer, CInt(answer.count))
        guard length > 0 else { return length < 0 ? .failed(rcode: "not a name that can be asked for") : .timedOut }
        let rcode = cresolv_rcode(answer, length)
        guard rcode == 0 else {
            let name = Self.rcodes[Int(rcode)] ?? "RCODE\(rcode)"
            return rcode == 3 ? .notFound(rcode: name) : .failed(rcode: name)
        }
        // Not the same as no record, after which the next rule would count.
        guard cresolv_is_whole(answer, length) != 0 else { return .failed(rcode: "what cannot be read") }
        let records = records(answer, length)
        return records.contains { $0.kind == kind } ? .records(records) : .notFound(rcode: "NODATA")
    }

    /// The same on a thread of its own.
    static func ask(_ kind: Kind, _ name: Text, of server: Server?) async -> Outcome {
        // Over TCP, where an answer was too long for UDP, the C library waits as long as the name server likes.
        let patience = server.map { $0.seconds * 6 } ?? 30
        return await abandonable(within: .seconds(patience), otherwise: .timedOut) { ask(kind, name, of: server) }
    }

    private static func records(_ answer: [UInt8], _ length: CInt) -> [Record] {
        var records: [Record] = []
        var raw = cresolv_record()
        for i in 0..<CInt(mostRecords) {
            let found = cresolv_record_at(answer, length, i, &raw)
            if found == 0 { break }
            guard found == 1, let kind = Kind(number: CInt(raw.type)) else { continue }
            let text = withUnsafeBytes(of: &raw.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            records.append(
                Record(
                    kind: kind, ttl: Int(raw.ttl), text: Text(text), priority: Int(raw.priority),
                    weight: Int(raw.weight), port: Int(raw.port)))
        }
        return records
    }

    private static let rcodes = [1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"]
}

extension DNSQuery.Kind {
    fileprivate static let all: [Self] = [.a, .aaaa, .srv, .cname]

    fileprivate var number: CInt {
        switch self {
        case .a: 1
        case .cname: 5
        case .aaaa: 28
        case .srv: 33
        }
    }

    fileprivate init?(number: CInt) {
        guard let kind = Self.all.first(where: { $0.number == number }) else { return nil }
        self = kind
    }
}
