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
    /// Those that mean something else there than in the commands that the variable is set for: the sandbox is another
    /// server than ours.
    private static let ofOthers = ["sandbox": Set(["server-name"])]
    /// The options that variables gave.
    private static let sources = Locked<[Source]>([])

    private struct Source {
        let option: String
        let variable: String
        let values: [String]
    }

    /// `arguments` with what the environment adds behind the command's name.
    static func completed(_ arguments: [String]) throws -> [String] {
        let variables = Environment.named(prefix).filter { !$0.value.isEmpty }
        guard !variables.isEmpty, let command = FedJoin.command(of: arguments),
            command.type.configuration.subcommands.isEmpty
        else { return arguments }
        let rest = Array(arguments.dropFirst(command.words).prefix { $0 != "--" })
        // Who asks how a command is used gets an answer, whatever the environment says.
        if rest.contains(where: ["-h", "--help"].contains) { return arguments }
        let options = CommandOption.read(command.type._dumpHelp())
        let isQuiet = options.first { $0.name == "quiet" }?.isGiven(in: rest, options) ?? false
        var added: [String] = []
        for variable in variables.sorted(by: { $0.name < $1.name }) {
            let name = variable.name.dropFirst(prefix.count).lowercased().split(
                separator: "_", omittingEmptySubsequences: false
            ).joined(separator: "-")
            guard let option = options.first(where: { $0.name == name }), !passedOver.contains(name) else {
                warn(of: variable.name, name, isQuiet: isQuiet)
                continue
            }
            if ofOthers[command.type.configuration.commandName ?? ""]?.contains(name) == true { continue }
            guard !forbidden.contains(name) else {
                throw UsageError(
                    "\(variable.name): --\(name) cannot be set in the environment",
                    hints: ["give it on the command line, each time that it is meant"])
            }
            guard !option.isGiven(in: rest, options) else { continue }
            let source = Source(option: "--\(name)", variable: variable.name, values: option.values(variable.value))
            sources.withLock { $0.append(source) }
            added += try option.arguments(variable.value, variable.name)
        }
        return arguments.prefix(command.words) + added + arguments.dropFirst(command.words)
    }

    /// Warnings that are said of a run that fails alone.
    private static let held = Locked<[String]>([])

    /// A variable that sets nothing in any command is a slip.
    private static func warn(of variable: String, _ name: String, isQuiet: Bool) {
        let isKnown = passedOver.contains(name) || CommandOption.read(FedJoin._dumpHelp()).contains { $0.name == name }
        guard !isKnown else { return }
        let line = ClosingLines.line("warning", "\(variable) sets nothing: there is no --\(name)")
        if isQuiet { held.withLock { $0.append(line) } } else { Process.err(line) }
    }

    /// Says what was held back, of a run that failed.
    static func sayHeld() { for line in held.withLock({ $0 }) { Process.err(line) } }

    /// The error with the variable before it, where it is about an option that one gave; where it is about a value that
    /// one gave, with that variable in a hint.
    static func named(in error: UsageError) -> UsageError {
        guard !isAboutWhatWasTyped(error.message) else { return error }
        let words = error.message.split { !($0.isLetter || $0.isNumber || $0 == "-") }
        let all = sources.withLock { $0 }
        let given = all.filter { words.contains(Substring($0.option)) }
        guard given.isEmpty else {
            return UsageError(
                "\(list(given)): \(error.message)", hints: error.hints, status: error.status)
        }
        let meant = all.filter { source in source.values.contains { stands($0, in: error.message) } }
        guard !meant.isEmpty, !error.message.contains(prefix) else { return error }
        return UsageError(
            error.message, hints: error.hints + ["set in the environment: \(list(meant))"], status: error.status)
    }

    /// A short option, or one that there is not, comes from no variable; the message may name others as what was meant.
    private static func isAboutWhatWasTyped(_ message: String) -> Bool {
        message.hasPrefix("unknown option") || (message.hasPrefix("-") && !message.hasPrefix("--"))
    }

    private static func list(_ sources: [Source]) -> String { sources.map(\.variable).joined(separator: ", ") }

    /// Whether `value` stands in `message` by itself, not as a part of a word.
    private static func stands(_ value: String, in message: String) -> Bool {
        message.indices.contains { start in
            guard message[start...].hasPrefix(value) else { return false }
            let end = message.index(start, offsetBy: value.count)
            let before = start > message.startIndex ? message[message.index(before: start)] : " "
            let after = end < message.endIndex ? message[end] : " "
            return ![before, after].contains { $0.isLetter || $0.isNumber }
        }
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
        return list(value).map { "--\(name)=\($0)" }
    }

    /// What of a variable's value an error may be about; a number stands in many for other reasons.
    func values(_ value: String) -> [String] {
        isFlag ? [] : list(value).filter { $0.contains { !$0.isNumber } }
    }

    private func list(_ value: String) -> [String] {
        isRepeating ? value.split(separator: ",").map(String.init) : [value]
    }
}
