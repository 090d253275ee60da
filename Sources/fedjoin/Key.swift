internal import ArgumentParser
internal import Federation
internal import Matrix

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and show our own signing key.", subcommands: [Generate.self, Show.self, Publish.self])

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Make a signing key, once; an existing one is never overwritten.")

        @Option(name: [.customShort("N"), .long], help: ArgumentHelp("The server name it is for.", valueName: "name"))
        var serverName: ServerName

        @Option(help: ArgumentHelp("Where to keep it (default: in the configuration folder).", valueName: "file"))
        var signingKey: String?

        func run() throws {
            let path = try signingKey ?? IdentityFile.path(for: serverName)
            let key: SigningKey
            do { key = try KeyStore.create(path, version: Text("a_\(RandomText.make(6))")) } catch {
                let hints =
                    error.kind == .exists
                    ? ["it is left as it is: a new key under a known name has to have another id"] : []
                throw UsageError(error.description, hints: hints, status: 73)
            }
            Process.out("\(key.id) \(key.publicKey.base64)")
            Process.err("\(Tool.name): made \(IdentityFile.shown(path)), the key of \(serverName): keep it")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a signing key's id and public half.")

        @OptionGroup var options: KeyOptions

        func run() throws {
            // A key that is named needs no server's name.
            let anyName = options.signingKey == nil ? nil : ServerName("localhost")
            let file = try IdentityFile(serverName: options.serverName ?? anyName, signingKey: options.signingKey)
            let key = file.identity.key
            Process.out("\(key.id) \(key.publicKey.base64)")
        }
    }
}
