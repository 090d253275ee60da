internal import Federation
internal import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Finds who we are: a name, a key, and the file that it is in.
struct IdentityFile {
    let identity: Identity
    let path: String

    private static let suffix = ".signing.key"

    init(_ key: OwnKey) throws {
        try self.init(serverName: key.serverName, signingKey: key.signingKey)
    }

    /// `signer` is the key that signed what we are about to go on with: no other will do.
    init(serverName: ServerName?, signingKey: String?, signer: KeyID? = nil) throws {
        let name = try serverName ?? Self.onlyName(hasKey: signingKey != nil)
        path = try signingKey ?? Self.path(for: name)
        do { identity = Identity(server: name, key: try KeyStore.load(path)) } catch {
            throw Self.usage(error, path, name, signer, isNamed: signingKey != nil)
        }
    }

    /// `$XDG_CONFIG_HOME/fedjoin/NAME.signing.key`
    static func path(for name: ServerName) throws -> String {
        guard let folder else {
            throw UsageError(
                "there is no home folder to keep keys in: HOME is not set", hints: ["name a file: --signing-key FILE"])
        }
        return "\(folder)/\(name)\(suffix)"
    }

    /// The path as people write it, with `~` for the home folder.
    static func shown(_ path: String) -> String {
        guard let home = Process.environment("HOME"), home.count > 1, path.hasPrefix(home + "/") else { return path }
        return "~" + path.dropFirst(home.count)
    }

    private static var folder: String? {
        let base = Process.environment("XDG_CONFIG_HOME") ?? Process.environment("HOME").map { "\($0)/.config" }
        return base.map { "\($0)/\(Tool.name)" }
    }

    /// The name of the one key that is there.
    private static func onlyName(hasKey: Bool) throws -> ServerName {
        let names = names()
        if let name = names.first, names.count == 1 { return name }
        guard !hasKey || !names.isEmpty else { throw UsageError("no server name: -N NAME") }
        let many = "there are keys of \(names.count) servers: which one is ours? -N NAME"
        throw UsageError(
            names.isEmpty ? "no server name and no signing key" : many,
            hints: names.isEmpty
                ? [
                    "a new identity: fedjoin key generate -N NAME",
                    "a running homeserver's: -N NAME --signing-key FILE, and of a join --dry-run",
                ] : [])
    }

    private static func names() -> [ServerName] {
        guard let folder, let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [ServerName] = []
        while let entry = readdir(directory) {
            let file = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard file.hasSuffix(suffix), let name = ServerName(Text(String(file.dropLast(suffix.count)))) else {
                continue
            }
            names.append(name)
        }
        return names
    }

    private static func usage(
        _ error: any Error, _ path: String, _ name: ServerName, _ signer: KeyID?, isNamed: Bool
    ) -> UsageError {
        guard let error = error as? KeyStore.Failure else { return UsageError("\(error)", status: 70) }
        switch error.kind {
        case .permissions:
            return UsageError(
                "the signing key \(error.description)", hints: ["chmod 600 makes it yours alone"], status: 77)
        case .cannotOpen:
            guard access(path, F_OK) != 0 else { return UsageError("the signing key \(error.description)", status: 66) }
            // A new key would sign nothing that others have seen of this name.
            let hint = signer.map { "it was signed with \($0): --signing-key FILE names that key" }
            let generate = "fedjoin key generate -N \(name)"
            let making =
                isNamed
                ? [
                    "is that the file? Synapse names its own in signing_key_path",
                    "to make one there: \(generate) --signing-key \(Shell.quoted(path))",
                ]
                : ["to make one: \(generate)"]
            return UsageError(
                "no signing key: \(error.description)", hints: hint.map { [$0] } ?? making, status: 66)
        case .malformed: return UsageError("the signing key \(error.description)", status: 65)
        case .exists, .cannotWrite: return UsageError(error.description, status: 73)
        }
    }
}
