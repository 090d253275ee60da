internal import ArgumentParser
internal import Federation
internal import Matrix
internal import Reporting

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Publish our key over HTTPS, and show who fetches it, until interrupted.")

    @OptionGroup(title: "Who we are") var key: KeyOptions
    @OptionGroup(title: "Publishing our key") var listening: ListenOptions

    func run() async throws {
        let file = try IdentityFile(key)
        let server = try OwnServer.start(file.identity, listening) { visit in
            let who = visit.origin.map { "\($0) (\(visit.peer))" } ?? visit.peer
            Process.out(
                Terminal.line(
                    "\(WallClock.iso8601(WallClock.now())) \(who) \(visit.method) \(visit.path) \(visit.status)"))
        }
        defer { server.stop() }
        if let warning = Surroundings.keyLog { Process.err(ClosingLines.line("warning", warning)) }
        let address = server.address.contains(":") ? "[\(server.address)]" : server.address
        Process.err(
            "\(Tool.name): the key \(file.identity.key.id) of \(file.identity.server) is served at \(address):\(server.port)"
        )
        while true { try await ContinuousClock().sleep(for: .seconds(3600)) }
    }
}
