import Federation
import Handshake
import Matrix
import TestSupport
import Testing

/// What a reference joiner and a real homeserver said to each other in one scenario.
struct Recording {
    struct Exchange {
        let method: Text
        let target: String
        let destination: ServerName
        let content: JSON?
        let status: Int
        let answer: JSON

        init(_ value: JSON) throws {
            method = try #require(value["request"]?["method"]?.text)
            target = try #require(value["request"]?["uri"]?.text).string
            destination = try #require(value["request"]?["destination"]?.text.flatMap { ServerName($0) })
            content = value["request"]?["body"]
            status = try #require(value["response"]?["status"]?.integer)
            answer = try #require(value["response"]?["body"])
        }

        var path: String { String(target.prefix { $0 != "?" }) }
        /// `make_join`, `send_leave`, `query`: what stands after the version of the interface.
        var kind: String { Recording.kind(path) }
        var isV1: Bool { path.hasPrefix("/_matrix/federation/v1/") }
        var response: Response { .json(answer, status: status) }
    }

    let name: String
    let exchanges: [Exchange]

    init(_ name: String) throws {
        self.name = name
        let whole = try Shared.json("recorded/\(name).json")
        exchanges = try #require(whole["exchanges"]?.array).map(Exchange.init)
    }

    /// Where all recordings were made: by this user, under this name.
    static let joiner = FakeServer("localhost:19448")
    static let user = joiner.user("ghost")

    static func kind(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 3 ? String(parts[3]) : ""
    }

    func first(_ kind: String) throws -> Exchange { try #require(exchanges.first { $0.kind == kind }) }

    /// The last of its kind: the one that was not refused.
    func last(_ kind: String) throws -> Exchange { try #require(exchanges.last { $0.kind == kind }) }

    /// What a person asked for to get this scenario.
    func request() throws -> MembershipRequest {
        let first = try #require(exchanges.first)
        let room: Text
        if let query = first.target.split(separator: "=").last, first.kind == "query" {
            room = try #require(PercentEncoding.decode(query.utf8))
        } else {
            let part = try #require(first.path.split(separator: "/").dropFirst(4).first)
            room = try #require(PercentEncoding.decode(part.utf8))
        }
        var request = MembershipRequest(room: try RoomReference(parsing: room), user: Self.user)
        if first.kind != "query" { request.via = [first.destination] }
        request.checksSelf = false
        request.isForced = true
        return request
    }

    /// Answers each request as it was answered then. A GET has to be the very one that was recorded, byte for byte; a
    /// PUT has an event of ours in it, with another id, so that its kind and its server decide.
    func transport(sameQuery: Bool = true) -> FakeTransport {
        let exchanges = exchanges
        return FakeTransport { request throws(TransportError) in
            let found = exchanges.first { exchange in
                guard exchange.destination.text.string == request.hostHeader else { return false }
                if request.method == .put {
                    return exchange.kind == Self.kind(request.path)
                        && exchange.isV1 == request.path.hasPrefix("/_matrix/federation/v1/")
                }
                return sameQuery ? exchange.target == request.target : exchange.path == request.path
            }
            if let found { return found.response }
            if request.method == .put { return .error(404, "M_UNRECOGNIZED", "Unrecognized request") }
            throw .fake(.connect)
        }
    }

    func network(_ transport: FakeTransport, _ journal: Journal) -> Network {
        Network(identity: Self.joiner.identity, transport: transport, journal: journal, resolver: .anywhere)
    }
}

/// One line of index.json: what a scenario came to.
struct Scenario: CustomTestStringConvertible {
    let name: String
    let outcome: String
    let stage: String
    let status: Int
    let errcode: Text?
    let error: Text?

    var testDescription: String { name }

    static let all: [Scenario] = ((try? Shared.json("recorded/index.json"))?.array ?? []).compactMap { value in
        guard let name = value["scenario"]?.text, let outcome = value["outcome"]?.text,
            let stage = value["stage"]?.text, let status = value["status"]?.integer
        else { return nil }
        return Scenario(
            name: name.string, outcome: outcome.string, stage: stage.string, status: status,
            errcode: value["errcode"]?.text, error: value["error"]?.text)
    }

    static let isThere = Shared.has("recorded/index.json")
    static let absence: Comment = "the folder ../shared/recorded (or SHARED_DIR) is not there"

    static func all(_ outcome: String) -> [Scenario] { all.filter { $0.outcome == outcome } }
}
