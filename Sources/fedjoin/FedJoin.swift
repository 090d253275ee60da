internal import ArgumentParser
internal import Federation

@main
struct FedJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Tool.name,
        abstract: "Join a Matrix room over federation, stage by stage, and say what went wrong.",
        discussion: """
            fedjoin plays the joining server of the handshake: server discovery, directory query, make_join, the \
            signed m.room.member event, send_join, and a look at the room that comes back.
            """,
        version: "\(Tool.name) \(Tool.version)",
        subcommands: [
            Join.self, Leave.self, SelfCommand.self, Resolve.self, Directory.self, RequestCommand.self, Keys.self,
            Key.self,
            Serve.self, Explain.self, SandboxCommand.self, Demo.self,
        ])

    static func main() async {
        Process.prepare()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Process.exit()
        } catch {
            Process.exit(over: error)
        }
    }
}
