internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", _superCommandName: Tool.name,
        abstract: "Fetch and check a server's keys: its own document, and what notaries have of it.",
        discussion: "No key of ours is needed: the requests are not signed.")

    @Argument(help: ArgumentHelp("The server's name.", valueName: "server"))
    var server: ServerName

    @Option(help: ArgumentHelp("A server to ask for the keys, too; repeatable.", valueName: "server"))
    var notary: [ServerName] = []

    @OptionGroup(title: "Network") var network: NetworkOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() async throws {
        let (server, notaries) = (server, notary)
        try await Look(
            command: "keys", subject: server.text, stages: [.keys], identity: try .nobody(), network: network,
            output: output, named: [server] + notary
        ).run { network, journal throws(Failure) in
            try await KeyView(server, network, journal).run(notaries: notaries)
        }
    }
}
