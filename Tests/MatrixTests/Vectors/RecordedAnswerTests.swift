import TestSupport
import Testing

@testable import Matrix

/// What a real Synapse answered.
@Suite(.enabled(if: Shared.has("recorded"), Shared.absence))
struct RecordedAnswerTests {
    static let scenarios = Shared.files(in: "recorded", suffix: ".json")

    /// One make_join or send_join that was answered with 200.
    struct Exchange: Sendable {
        let path: [Text]
        let offered: [RoomVersion]
        let resident: ServerName
        let sent: JSON?
        let answer: JSON
    }

    /// The exchanges of a scenario whose path begins so, `/_matrix/federation/v1` or `v2` left out.
    private static func exchanges(_ scenario: String, _ endpoint: String) throws -> [Exchange] {
        let all = try Shared.json("recorded/\(scenario)")["exchanges"]?.array ?? []
        return try all.compactMap { exchange in
            let uri = try #require(exchange["request"]?["uri"]?.text)
            let (path, query) = uri.split(at: "?") ?? (uri, "")
            let parts = path.string.split(separator: "/").compactMap { PercentEncoding.decode($0.utf8) }
            guard parts.count == 6, parts[3].string == endpoint, exchange["response"]?["status"] == 200 else {
                return nil
            }
            let versions = query.string.split(separator: "&").compactMap { Text(String($0)).split(at: "=") }
            return Exchange(
                path: parts,
                offered: versions.filter { $0.before == "ver" }.compactMap { RoomVersion.named($0.after) },
                resident: try #require(exchange["request"]?["destination"]?.text.flatMap { ServerName($0) }),
                sent: exchange["request"]?["body"],
                answer: try #require(exchange["response"]?["body"])
            )
        }
    }

    private static func request(
        _ exchange: Exchange,
        _ membership: TemplateRequest.Membership
    ) throws -> TemplateRequest {
        TemplateRequest(
            membership: membership,
            roomID: try #require(RoomID(exchange.path[4])),
            user: try #require(UserID(exchange.path[5])),
            resident: exchange.resident,
            offered: membership == .join ? exchange.offered : RoomVersion.all
        )
    }

    @Test(arguments: scenarios)
    func `every template that was given is a good one`(scenario: String) throws {
        for exchange in try Self.exchanges(scenario, "make_join") {
            let template = try MembershipTemplate(checking: exchange.answer, for: Self.request(exchange, .join))
            #expect(template.version.id == exchange.answer["room_version"]?.text)
            let named = exchange.answer["event"]?["content"]?["join_authorised_via_users_server"]?.text
            #expect(template.authoriser?.text == named)
        }
        for exchange in try Self.exchanges(scenario, "make_leave") {
            let template = try MembershipTemplate(checking: exchange.answer, for: Self.request(exchange, .leave))
            #expect(template.authoriser == nil)
        }
    }

    /// The version of the room that `scenario` joined, from its template.
    private static func version(_ scenario: String) throws -> RoomVersion {
        let id = try #require(try exchanges(scenario, "make_join").last?.answer["room_version"]?.text)
        return try #require(RoomVersion.named(id))
    }

    /// The whole answer, which the first version of send_join put in a list after a 200.
    private static func answer(_ exchange: Exchange) throws -> JSON {
        let body = exchange.answer.array?.last ?? exchange.answer
        return try #require(body.object.map { .object($0) })
    }

    @Test(arguments: scenarios)
    func `every event of a join is good, and named by others as we name it`(scenario: String) throws {
        for exchange in try Self.exchanges(scenario, "send_join") {
            let version = try Self.version(scenario)
            let answer = try Self.answer(exchange)
            var ids: Set<EventID> = []
            var pdus: [PDU] = []
            for key: Text in ["auth_chain", "state"] {
                for event in try #require(answer[key]?.array) {
                    let pdu = try PDU(try #require(event.object), version)
                    #expect(EventHashes.contentMatches(pdu.object, version))
                    #expect(pdu.roomID.text == exchange.path[4])
                    ids.insert(pdu.id)
                    pdus.append(pdu)
                }
            }
            #expect(pdus.count > 3)
            let named = Set(pdus.flatMap(\.authEvents))
            #expect(named.subtracting(ids) == [], "every event that is named is there, under our name for it")
            #expect(named.count >= 2)
        }
    }

    @Test(arguments: scenarios)
    func `the event that was sent has the id that it was sent under`(scenario: String) throws {
        for exchange in try Self.exchanges(scenario, "send_join") {
            let version = try Self.version(scenario)
            let events = [exchange.sent, try Self.answer(exchange)["event"]].compactMap { $0?.object }
            #expect(!events.isEmpty)
            for event in events {
                let pdu = try PDU(event, version)
                #expect(pdu.id.text == exchange.path[5])
                #expect(EventHashes.contentMatches(event, version))
            }
        }
    }

    @Test func `templates and joins of all twelve versions are among the recordings`() throws {
        let joined = try Self.scenarios.filter { try !Self.exchanges($0, "send_join").isEmpty }
        #expect(Set(try joined.map { try Self.version($0).id }) == Set(RoomVersion.all.map(\.id)))
        #expect(joined.count >= 30)
    }
}
