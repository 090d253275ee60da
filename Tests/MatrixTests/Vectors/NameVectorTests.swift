import TestSupport
import Testing

@testable import Matrix

@Suite(.enabled(if: Vector.arePresent, Shared.absence))
struct NameVectorTests {
    private func isValid(_ vector: Vector) throws -> Bool {
        switch try Decision.on(vector) {
        case .agree: try vector.bool("expected_valid")
        case .accept: true
        case .refuse, .acceptAs: false
        }
    }

    @Test(arguments: Vector.all("server_names", "server_name"))
    func `reads server names as others do`(vector: Vector) throws {
        let name = ServerName(try vector.text("input"))
        #expect((name != nil) == (try isValid(vector)))
        if let host = vector["expected_host"]?.text { #expect(name?.urlHost == host.string) }
        if let port = vector["expected_port"] { #expect(name?.port == port.integer) }
        if let isLiteral = vector["expected_is_ip_literal"]?.bool { #expect(name?.isIPLiteral == isLiteral) }
    }

    @Test(arguments: Vector.all("server_names", "user_id"))
    func `reads user ids as others do`(vector: Vector) throws {
        let user = UserID(try vector.text("input"))
        let isHistorical = vector["grammar"]?.text == "historical"
        #expect((user.map { isHistorical || $0.isCurrent } ?? false) == (try isValid(vector)))
        if let localpart = vector["expected_localpart"]?.text { #expect(user?.localpart == localpart) }
        if let server = vector["expected_server"]?.text { #expect(user?.server.text == server) }
    }

    @Test(arguments: Vector.all("server_names", "room_alias"))
    func `reads room aliases as others do`(vector: Vector) throws {
        #expect((RoomAlias(try vector.text("input")) != nil) == (try isValid(vector)))
    }

    @Test(arguments: Vector.all("server_names", "room_id"))
    func `reads room ids as others do`(vector: Vector) throws {
        let room = RoomID(try vector.text("input"))
        #expect((room != nil) == (try isValid(vector)))
        if let server = vector["expected_server"] { #expect(room?.server?.text == server.text) }
    }

    @Test(arguments: Vector.all("server_names", "event_id"))
    func `reads event ids as others do`(vector: Vector) throws {
        #expect((EventID(try vector.text("input")) != nil) == (try isValid(vector)))
    }

    @Test(arguments: Vector.all("server_names", "room_id_of_create"))
    func `makes a room id of a create event's as others do`(vector: Vector) throws {
        let create = try #require(EventID(try vector.text("input")))
        #expect(RoomID(hashOf: create)?.text == (try vector.text("expected")))
    }
}
