internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

/// What join and leave share between their options and their run.
struct Command {
    let file: IdentityFile
    let key: KeyOptions
    let serving: ServeOptions
    let network: NetworkOptions
    let output: OutputOptions
    var keyring: KeyRingOptions?

    func run(_ command: String, _ action: Run.Action, _ request: MembershipRequest) async throws {
        try checkContent(request)
        let transport = try network.transport(output)
        defer { transport.shutDown() }
        let journal = try Reporter(output).journal()
        let server =
            serving.isServing
            ? try OwnServer.start(file.identity, serving.listening) { journal.record(.visit($0)) } : nil
        defer { server?.stop() }
        let isThrowaway = server != nil && serving.listening.tlsCert == nil
        var request = request
        request.servesThrowawayCertificate = isThrowaway
        let status = await Run(
            command: command, action: action, request: request, identity: file.identity,
            keyPath: IdentityFile.shown(file.path),
            transport: transport, resolver: network.addresses.resolver,
            addresses: network.addresses.addresses(named: named(request)), insecure: insecure(isThrowaway),
            times: network.times,
            maximumAnswer: network.maxSize.bytes, maximumTime: network.maxTime?.duration,
            retries: Retries(most: network.retry), keys: keyring?.policy ?? KeyPolicy(),
            isStrict: keyring?.strict ?? false, linger: server == nil ? nil : serving.linger,
            undoOptions: Undo.options(of: Array(CommandLine.arguments.dropFirst(2)), room: request.room.text.string),
            copyable: Copyable(network, key)
        ).perform(journal)
        throw ExitCode(status)
    }

    /// Our own certificate, where we just made it, is the one that we need not verify.
    private func insecure(_ isThrowaway: Bool) -> Network.Insecure {
        guard isThrowaway, case .servers(let servers) = network.insecureServers else { return network.insecureServers }
        return .servers(servers + [file.identity.server])
    }

    private func checkContent(_ request: MembershipRequest) throws {
        guard request.user.server == file.identity.server else {
            throw UsageError(
                "\(request.user) is not a user of \(file.identity.server)",
                hints: ["a server joins with its own users: -u LOCALPART"])
        }
        guard case .alias(let alias) = request.room.room, alias.server == file.identity.server else { return }
        throw UsageError(
            "\(alias) is an alias of our own server",
            hints: ["the alias of another one, or a room id with --via SERVER"])
    }

    /// What may be at any address: our own name, the alias's server, and who is to be gone through.
    private func named(_ request: MembershipRequest) -> [ServerName] {
        [file.identity.server] + request.named + (keyring?.notary ?? [])
    }
}

/// A file that an option names.
enum InputFile {
    /// Refuses what libcurl would only refuse at the first connection, as if the other server's certificate were bad.
    static func checkCertificates(_ path: String, _ option: String) throws {
        let bytes: [UInt8]
        do { bytes = try SystemFile.readAll(path, limit: 64 << 20) } catch {
            throw UsageError("\(option) \(error.description)", status: 66)
        }
        guard TLSIdentity.isCertificate(bytes) else {
            throw UsageError("\(option) \(path): there is no certificate in it that can be read (PEM)", status: 65)
        }
    }
}

/// The ROOM argument.
enum RoomArgument {
    static func parse(_ argument: String?, example: String) throws -> RoomReference {
        guard let argument, !argument.isEmpty else {
            throw UsageError(
                "no room given",
                hints: ["quote it, as an unquoted # begins a comment to the shell: \(example)"])
        }
        do { return try RoomReference(parsing: Text(argument)) } catch {
            throw UsageError("\(Quoting.quoted(Text(argument))): \(error.description)")
        }
    }

    /// Whom to ask of a room that has no alias: those that were named, or the one in its id.
    static func servers(_ room: RoomID, _ via: [ServerName]) throws -> [ServerName] {
        let servers = via.isEmpty ? [room.server].compactMap { $0 } : via
        guard !servers.isEmpty else {
            throw UsageError(
                "a room id of this form names no server", hints: ["name one that is in the room: --via SERVER"])
        }
        return servers
    }
}

/// The --user option.
enum UserArgument {
    static func parse(_ argument: String?, _ server: ServerName) throws -> UserID {
        let text = argument ?? Tool.name
        guard let user = UserID(Text(text.hasPrefix("@") ? text : "@\(text):\(server)")) else {
            throw UsageError("\(Quoting.quoted(Text(text))) is neither a user id nor a localpart")
        }
        guard user.isCurrent else {
            throw UsageError(
                "the localpart of \(Quoting.quoted(user.text)) has characters that a user must not have",
                hints: ["a-z, 0-9 and -.=_/+ are allowed"])
        }
        return user
    }
}
