import Matrix
import TestSupport
import Testing

@testable import Federation

/// Discovery as the tests of two other implementations have it.
@Suite(.enabled(if: Shared.has("vectors/discovery.json"), "the folder ../shared (or SHARED_DIR) is not there"))
struct DiscoveryVectorTests {
    struct Vector: CustomTestStringConvertible {
        let value: JSON
        var testDescription: String { value["name"]?.text?.string ?? "" }
        var server: ServerName? { value["server_name"]?.text.flatMap { ServerName($0) } }
        func expected(_ key: Text) -> String? { value["expected"]?[key]?.text?.string }
        /// What a name server has of SRV records: those of `*` for every question.
        func records(_ name: Text) -> DNSQuery.Outcome {
            let given = value["given"]?["srv"]
            guard let records = (given?[name] ?? given?["*"])?.array else { return .notFound(rcode: "NXDOMAIN") }
            return .records(
                records.map { record in
                    DNSQuery.Record(
                        kind: .srv, ttl: 300,
                        text: Text(record["target"]?.text?.string.trimmingSuffix(".") ?? ""),
                        priority: record["priority"]?.integer ?? 0, weight: record["weight"]?.integer ?? 0,
                        port: record["port"]?.integer ?? 0)
                })
        }
    }

    static let all = ((try? Shared.json("vectors/discovery.json"))?.array ?? []).map(Vector.init)

    @Test func `there are as many as there were`() { #expect(Self.all.count == 23) }

    @Test(arguments: all)
    func `leads where others say`(vector: Vector) async throws {
        let transport = FakeTransport { request throws(TransportError) in
            guard let given = vector.value["given"]?["well_known"]?[Text(request.host)],
                let body = given["body"]?.text, let status = given["status"]?.integer
            else { throw .fake(.connect) }
            return .text(body.string, status: status, type: "application/json")
        }
        let discovery = Discovery(
            transport: transport,
            resolver: HostResolver(
                { _ in .success(["192.0.2.1"]) },
                query: { kind, name in kind == .srv ? vector.records(name) : .notFound(rcode: "NXDOMAIN") }))
        let found = try await discovery.resolve(try #require(vector.server))
        #expect((found.places.first.map { "\($0.host):\($0.port)" } ?? found.place) == vector.expected("connect_to"))
        #expect(found.hostHeader == vector.expected("host_header"))
        if let name = vector.expected("tls_server_name") {
            #expect(found.certificateHost.filter { $0 != "[" && $0 != "]" } == name)
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
