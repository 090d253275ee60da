internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

/// What join and leave share between their options and their run.
struct Command {
    let file: IdentityFile
    let key: OwnKey
    let serving: ServeOptions
    let network: NetworkOptions
    let output: OutputOptions
    var keyring: KeyRingOptions?
    /// Whether stdout is for the answer, and the transcript goes to stderr.
    var yieldsAnswer = false
    /// Where the run is kept; nil for nowhere.
    var save: String?
    /// What the leave that undoes it has to be told, besides what the command was told.
    var undo: [String] = []

    /// `room` is the argument that names the room, as it was typed; nil where none does.
    func run(
        _ command: String, _ action: Run.Action, _ request: MembershipRequest, room: String?
    ) async throws {
        try checkContent(request)
        try checkOutput()
        let transport = try network.transport(output)
        defer { transport.shutDown() }
        let reporter = try Reporter(output, toErrors: yieldsAnswer)
        guard save == nil || !output.showSecrets else {
            throw UsageError("--save does not go with --show-secrets: the folder of a run has none")
        }
        let folder = try SaveArgument.folder(save, apartFrom: [output.reportJunit, output.har])
        let journal = reporter.journal { folder?.keep($0) }
        let server: KeyServer?
        do { server = try ownServer(journal) } catch {
            folder?.discard()
            throw error
        }
        defer { server?.stop() }
        let isThrowaway = server != nil && serving.tlsCert == nil
        var request = request
        request.servesThrowawayCertificate = isThrowaway
        // With what the environment gave: the lines to copy are for where there may be none of it.
        let arguments = Process.options
        let status = await Run(
            command: command, action: action, request: request, identity: file.identity,
            keyPath: IdentityFile.shown(file.path),
            transport: transport, resolver: network.resolver,
            addresses: network.addresses(named: named(request)), insecure: insecure(isThrowaway),
            times: network.times,
            maximumAnswer: network.maxSize.bytes, maximumTime: network.maxTime?.duration,
            retries: Retries(most: network.retry), keys: keyring?.policy ?? KeyPolicy(),
            isStrict: keyring?.strict ?? false, folder: folder, linger: server == nil ? nil : serving.linger,
            undoOptions: undo + Undo.options(of: arguments, room: room),
            copyable: Copyable(
                network, key,
                again: Undo.optionsToSendAgain(of: arguments, room: room))
        ).perform(journal)
        if let fault = folder?.fault { Process.lose(fault.failure.message) }
        throw ExitCode(status)
    }

    private func ownServer(_ journal: Journal) throws -> KeyServer? {
        guard serving.isServing else { return nil }
        return try OwnServer.start(file.identity, serving.listening) { journal.visit($0) }
    }

    /// Our own certificate, where we just made it, is the one that we need not verify.
    private func insecure(_ isThrowaway: Bool) -> Network.Insecure {
        guard isThrowaway, case .servers(let servers) = network.insecureServers else { return network.insecureServers }
        return .servers(servers + [file.identity.server])
    }

    /// Whoever changes a room has to hear what came of it: with nothing to say it by, nothing is sent.
    private func checkOutput() throws {
        guard yieldsAnswer || output.quiet == 0, !Process.isOutOpen else { return }
        throw UsageError(
            "standard output is closed, so nothing was sent", hints: ["where it is not wanted: > /dev/null"],
            status: 74)
    }

    private func checkContent(_ request: MembershipRequest) throws {
        try UserArgument.check(request.user, isOf: file.identity)
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

/// A file that an option or an argument names.
enum InputFile {
    private static let largest = 64 << 20

    /// What is in the file at `path`, which is not empty; `-` is standard input.
    static func bytes(
        _ path: String, namedBy namer: SystemFile.Namer = .person, limit: Int = largest
    ) throws -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try SystemFile.readAll(path, namedBy: namer, limit: limit) } catch {
            throw UsageError(error.description, status: 66)
        }
        guard !bytes.isEmpty else { throw empty(path) }
        return bytes
    }

    /// The JSON value of the file at `path`; `-` is standard input.
    static func json(
        _ path: String, namedBy namer: SystemFile.Namer = .person, limit: Int = largest
    ) throws -> JSON {
        let bytes = try bytes(path, namedBy: namer, limit: limit)
        do { return try JSON(parsing: bytes) } catch { throw unusable(path, "it is not JSON: \(error)") }
    }

    /// What `read` makes of the JSON value of the file at `path`.
    static func reading<Value>(
        _ path: String, namedBy namer: SystemFile.Namer = .person, _ read: (JSON) throws(FileFault) -> Value
    ) throws -> Value {
        let value = try json(path, namedBy: namer)
        return try checking(path) { () throws(FileFault) in try read(value) }
    }

    /// Says of a fault which file it is in.
    static func checking<Value>(_ path: String, _ work: () throws(FileFault) -> Value) throws -> Value {
        do { return try work() } catch { throw unusable(path, error.description) }
    }

    static func unusable(_ path: String, _ problem: String) -> UsageError {
        UsageError("\(name(path)): \(problem)", status: 65)
    }

    /// A pipe gives nothing where the command that writes to it has failed.
    private static func empty(_ path: String) -> UsageError {
        var error = unusable(path, "it is empty")
        if path == "-" { error.hints = ["did the command before it fail?"] }
        return error
    }

    /// What is said of the file at `path`.
    static func name(_ path: String) -> String { path == "-" ? "standard input" : path }

    /// Does what reads a file that `option` named, and says so of what is wrong with it.
    static func of<Value>(_ option: String, _ work: () throws -> Value) throws -> Value {
        do { return try work() } catch let error as UsageError {
            throw UsageError("\(option) \(error.message)", hints: error.hints, status: error.status)
        }
    }

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

    /// How to come by the room id of an alias, where one is due.
    static func idHint(_ alias: Text) -> String {
        "an alias's room id and servers: fedjoin directory \(Shell.quoted(alias.string))"
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
        try checkCharacters(user)
        return user
    }

    /// A server joins with its own users.
    static func check(_ user: UserID, isOf identity: Identity) throws {
        guard user.server == identity.server else {
            throw UsageError(
                "\(user) is not a user of \(identity.server)",
                hints: ["a server joins with its own users: -u LOCALPART"])
        }
        try checkCharacters(user)
    }

    private static func checkCharacters(_ user: UserID) throws {
        guard user.isCurrent else {
            throw UsageError(
                "the localpart of \(Quoting.quoted(user.text)) has characters that a user must not have",
                hints: ["a-z, 0-9 and -.=_/+ are allowed"])
        }
    }
}
