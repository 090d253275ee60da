import Federation
import Matrix
import TestSupport
import Testing

/// Discovery as the tests of two other implementations have it.
@Suite(.enabled(if: Shared.has("vectors/discovery.json"), "the folder ../shared (or SHARED_DIR) is not there"))
struct DiscoveryVectorTests {
    struct Vector: CustomTestStringConvertible {
        let value: JSON
        var testDescription: String { value["name"]?.text?.string ?? "" }
        var server: ServerName? { value["server_name"]?.text.flatMap { ServerName($0) } }
        func expected(_ key: Text) -> String? { value["expected"]?[key]?.text?.string }
        /// Whether SRV records lead there, which are not asked for yet.
        var wantsSRV: Bool { value["given"]?["srv"]?.object?.members.isEmpty == false }
    }

    static let all = ((try? Shared.json("vectors/discovery.json"))?.array ?? []).map(Vector.init)

    @Test func `those that want SRV records wait for them`() {
        #expect(Self.all.count == 23)
        #expect(Self.all.filter(\.wantsSRV).count == 7)
    }

    @Test(arguments: all.filter { !$0.wantsSRV })
    func `leads where others say`(vector: Vector) async throws {
        let transport = FakeTransport { request throws(TransportError) in
            guard let given = vector.value["given"]?["well_known"]?[Text(request.host)],
                let body = given["body"]?.text, let status = given["status"]?.integer
            else { throw .fake(.connect) }
            return .text(body.string, status: status, type: "application/json")
        }
        let discovery = Discovery(transport: transport, resolver: .anywhere)
        let found = try await discovery.resolve(try #require(vector.server))
        #expect(found.place == vector.expected("connect_to"))
        #expect(found.hostHeader == vector.expected("host_header"))
        if let name = vector.expected("tls_server_name") {
            #expect(found.certificateHost.filter { $0 != "[" && $0 != "]" } == name)
        }
    }
}
