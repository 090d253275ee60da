internal import ArgumentParser
internal import Federation
internal import Matrix
internal import Reporting

/// Long options out of the environment, `FEDJOIN_VIA` for `--via`: as if they stood on the command line, which wins.
enum EnvironmentOptions {
    private static let prefix = "FEDJOIN_"
    /// What a person has to say each time.
    private static let forbidden: Set = ["force", "insecure", "show-secrets"]
    /// Of no command, and names that others may want.
    private static let passedOver: Set = ["help", "version"]
    /// The options that variables gave, and those variables.
    private static let sources = Locked<[(option: String, variable: String)]>([])

    /// `arguments` with what the environment adds behind the command's name.
    static func completed(_ arguments: [String]) throws -> [String] {
        let variables = Environment.all.filter { $0.name.hasPrefix(prefix) && !$0.value.isEmpty }
        guard !variables.isEmpty, let command = FedJoin.command(of: arguments),
            command.type.configuration.subcommands.isEmpty
        else { return arguments }
        let rest = Array(arguments.dropFirst(command.words).prefix { $0 != "--" })
        // Who asks how a command is used gets an answer, whatever the environment says.
        if rest.contains(where: ["-h", "--help"].contains) { return arguments }
        let options = CommandOption.read(command.type._dumpHelp())
        var added: [String] = []
        for variable in variables.sorted(by: { $0.name < $1.name }) {
            let name = variable.name.dropFirst(prefix.count).lowercased().split(
                separator: "_", omittingEmptySubsequences: false
            ).joined(separator: "-")
            guard let option = options.first(where: { $0.name == name }) else {
                warn(of: variable.name, name)
                continue
            }
            guard !forbidden.contains(name) else {
                throw UsageError(
                    "\(variable.name): --\(name) cannot be set in the environment",
                    hints: ["give it on the command line, each time that it is meant"])
            }
            guard !option.isGiven(in: rest, options) else { continue }
            sources.withLock { $0.append((option: "--\(name)", variable: variable.name)) }
            added += try option.arguments(variable.value, variable.name)
        }
        return arguments.prefix(command.words) + added + arguments.dropFirst(command.words)
    }

    /// A variable that sets nothing in any command is a slip.
    private static func warn(of variable: String, _ name: String) {
        let isKnown = passedOver.contains(name) || CommandOption.read(FedJoin._dumpHelp()).contains { $0.name == name }
        if !isKnown { Process.err(ClosingLines.line("warning", "\(variable) sets nothing: there is no --\(name)")) }
    }

    /// The error with the variable before it, where it is about an option that one gave; else with all that there are.
    static func named(in error: UsageError) -> UsageError {
        let words = error.message.split { !($0.isLetter || $0.isNumber || $0 == "-") }
        let all = sources.withLock { $0 }
        let given = all.filter { words.contains(Substring($0.option)) }.map(\.variable).joined(separator: ", ")
        var error = error
        if !given.isEmpty {
            error = UsageError("\(given): \(error.message)", hints: error.hints, status: error.status)
        } else if !all.isEmpty, !error.message.contains(prefix) {
            error.hints.append("set in the environment: \(all.map(\.variable).joined(separator: ", "))")
        }
        return error
    }
}

/// One option of a command, as the parser describes it.
private struct CommandOption {
    let name: String
    let shorts: [Character]
    let isFlag: Bool
    /// Whether it may be given several times: a list, or a flag that counts.
    let isRepeating: Bool

    /// Those of a description in JSON, of subcommands, too.
    static func read(_ description: String) -> [CommandOption] {
        guard let command = (try? JSON(parsing: Array(description.utf8)))?["command"] else { return [] }
        return options(of: command)
    }

    private static func options(of command: JSON) -> [CommandOption] {
        let own = (command["arguments"]?.array ?? []).compactMap { CommandOption($0) }
        return own + (command["subcommands"]?.array ?? []).flatMap { options(of: $0) }
    }

    private init?(_ argument: JSON) {
        let names = argument["names"]?.array ?? []
        guard let kind = argument["kind"]?.text, ["option", "flag"].contains(kind) else { return nil }
        func name(_ kind: Text) -> [String] {
            names.filter { $0["kind"]?.text == kind }.compactMap { $0["name"]?.text?.string }
        }
        self.name = name("long").first ?? ""
        shorts = name("short").compactMap(\.first)
        isFlag = kind == "flag"
        isRepeating = argument["isRepeating"] == true
    }

    /// Whether `arguments` have it, by any of its names.
    func isGiven(in arguments: [String], _ all: [CommandOption]) -> Bool {
        arguments.contains { argument in
            if argument == "--\(name)" || argument.hasPrefix("--\(name)=") { return true }
            guard argument.hasPrefix("-"), !argument.hasPrefix("--") else { return false }
            for short in argument.dropFirst() {
                if shorts.contains(short) { return true }
                // Behind an option that takes a value stands that value.
                if all.contains(where: { $0.shorts.contains(short) && !$0.isFlag }) { return false }
            }
            return false
        }
    }

    func arguments(_ value: String, _ variable: String) throws -> [String] {
        if isFlag {
            let most = ["verbose": 3, "quiet": 2][name] ?? 1
            guard let count = Int(value), (0...most).contains(count) else {
                let numbers = (0...most).map { "\($0)" }
                let words = most == 1 ? "1 or 0" : numbers.dropLast().joined(separator: ", ") + " or \(most)"
                throw UsageError("\(variable) takes \(words), not \(Quoting.quoted(Text(value)))")
            }
            return Array(repeating: "--\(name)", count: count)
        }
        let values = isRepeating ? value.split(separator: ",").map(String.init) : [value]
        return values.map { "--\(name)=\($0)" }
    }
}
