internal import ArgumentParser
internal import Federation
internal import Matrix

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
            Join.self, Leave.self, Knock.self, SelfCommand.self, Resolve.self, Directory.self, RequestCommand.self,
            Keys.self, MakeJoin.self, SignCommand.self, SendJoinCommand.self, VerifyCommand.self, Show.self, Key.self,
            Serve.self, Explain.self, SandboxCommand.self, Demo.self,
        ])

    static func main() {
        Process.prepare()
        let thread = MainThread()
        Task(executorPreference: thread) { await perform() }
        thread.run()
    }

    private static func perform() async -> Never {
        do {
            let arguments = try EnvironmentOptions.completed(Array(CommandLine.arguments.dropFirst()))
            Process.arguments.withLock { $0 = arguments }
            var command = try parsed(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Process.exit()
        } catch {
            if (error as? ExitCode)?.isSuccess != true { EnvironmentOptions.sayHeld() }
            Process.exit(over: error)
        }
    }

    /// The command that the first argument names, parsed alone: a third of the time that all of them take. What it does
    /// not take, such as --help, goes the long way, which has the words for it. That each says whose command it is
    /// (`_superCommandName`) spares it the search for a wish for completions, which only the long way grants.
    private static func parsed(_ arguments: [String]) throws -> sending any ParsableCommand {
        if let command = configuration.subcommands.first(where: { $0.configuration.commandName == arguments.first }),
            command.configuration.subcommands.isEmpty,
            let parsed = try? command.parseAsRoot(Array(arguments.dropFirst())), type(of: parsed) == command
        {
            return parsed
        }
        let word = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
        if let word, !word.hasPrefix("-"), word != "help", !isCommand(word) { throw UnknownCommand.error(word) }
        return try parseAsRoot(arguments)
    }

    /// The command that the first words of `arguments` name, and how many words that are; nil where they name none.
    static func command(of arguments: [String]) -> (type: any ParsableCommand.Type, words: Int)? {
        var found: (type: any ParsableCommand.Type, words: Int)?
        var commands = configuration.subcommands
        for (i, word) in arguments.prefix(2).enumerated() {
            guard let command = commands.first(where: { $0.configuration.commandName == word }) else { break }
            found = (command, i + 1)
            commands = command.configuration.subcommands
        }
        return found
    }

    /// Whether `part` is one of the commands that `name` is made of: `generate` of `key`.
    static func isCommand(_ part: String, of name: String) -> Bool {
        let command = configuration.subcommands.first { $0.configuration.commandName == name }
        return command?.configuration.subcommands.contains { $0.configuration.commandName == part } ?? false
    }

    static func isCommand(_ name: String) -> Bool {
        configuration.subcommands.contains { $0.configuration.commandName == name }
    }
}
