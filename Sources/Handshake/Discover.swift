internal import Federation
package import Matrix

/// Stage 2: where the first of some servers that can be found is.
package struct Discover: Step {
    let stage = Stage.discovery
    private let servers: [ServerName]
    /// Who led us to a server that the person did not name.
    private let leader: @Sendable (ServerName) -> String?
    private let network: Network

    package init(
        _ servers: [ServerName], _ network: Network,
        ledBy leader: @escaping @Sendable (ServerName) -> String? = { _ in nil }
    ) {
        self.servers = servers
        self.leader = leader
        self.network = network
    }

    var server: ServerName? { servers.first }
    var title: String { server?.description ?? "no server named" }

    func run(_ journal: Journal) async throws(Failure) -> Destination {
        var first: Failure?
        for server in servers {
            do { return try await find(server, journal) } catch {
                if server != servers.last {
                    journal.check("discovery", .warn, "\(error.message): next server", server: server)
                }
                first = first ?? error
            }
        }
        throw first
            ?? Failure(stage, .usage, "no server to ask: a room id of this form names none").explained("no-candidates")
    }

    private func find(_ server: ServerName, _ journal: Journal) async throws(Failure) -> Destination {
        do { return try await network.resolve(server, ledBy: leader(server), journal) } catch {
            var failure = Failure(stage, unresolved: error, server)
            failure.blameWellKnown(journal)
            throw failure
        }
    }
}

extension Failure {
    init(_ stage: Stage, unresolved error: Discovery.Failure, _ server: ServerName) {
        let kind: FailureClass = error.isTimeout ? .timeout : .name
        self.init(
            stage, kind,
            error.host == server.text
                ? "\(server): \(error.description)" : "\(server): \(error.host): \(error.description)", server: server)
        var names = DiagnosisNames(server)
        if error.description.contains("SRV") == false { names.host = error.host.string }
        explain(Diagnosis.of(Diagnosis.Symptom(stage: .discovery, kind: kind, words: Text(error.description))), names)
        side = .dns
    }
}
