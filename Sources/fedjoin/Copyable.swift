internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

/// The lines that a person is told to copy, with the options that this run had where the tool of the line has them, too:
/// without them it would look elsewhere.
struct Copyable {
    private let curl: [String]
    private let dig: [String]
    private let openssl: [String]
    /// What `fedjoin self` has to be told to look at this identity.
    private let identity: [String]
    /// What `fedjoin send-join` has to be told besides the event.
    private let again: [String]

    init(_ network: NetworkOptions, _ key: OwnKey?, again: [String] = []) {
        self.again = again
        let family = network.isIPv4 ? ["-4"] : network.isIPv6 ? ["-6"] : []
        let authority = network.cacert.map { Shell.quoted($0) }
        curl =
            (authority.map { ["--cacert", $0] } ?? []) + family
            + network.resolve.flatMap { ["--resolve", Shell.quoted($0.text)] }
            + network.connectTo.flatMap { ["--connect-to", Shell.quoted($0.text)] }
            + (network.proxy.map { ["-x", Shell.quoted(ClosingLines.withoutPassword($0))] } ?? [])
        openssl = (authority.map { ["-CAfile", $0] } ?? []) + family
        dig =
            network.dnsServer.map { server in
                ["@\(server.server.address)"] + (server.server.port == 53 ? [] : ["-p", "\(server.server.port)"])
            } ?? []
        let name = key?.serverName.map { ["-N", $0.description] } ?? []
        identity = name + (key?.signingKey.map { ["--signing-key", Shell.quoted($0)] } ?? [])
    }

    /// The failure with its line, and its hints' commands, as they have to be typed.
    func completed(_ failure: Failure?) -> Failure? {
        guard var failure else { return nil }
        failure.command = failure.command.map { completed($0) }
        failure.hints = failure.hints.map { Hint($0.id, completed(hint: $0.text)) }
        return failure
    }

    private func completed(hint: String) -> String {
        if hint.contains("fedjoin send-join ") {
            return ([hint] + again).joined(separator: " ")
        }
        guard !identity.isEmpty else { return hint }
        return hint.replacing("fedjoin self", with: (["fedjoin self"] + identity).joined(separator: " "))
    }

    private func completed(_ command: String) -> String {
        for (tool, options) in [("curl -v", curl), ("dig", dig), ("openssl s_client", openssl)]
        where command.hasPrefix(tool + " ") {
            return ([tool] + options).joined(separator: " ") + command.dropFirst(tool.count)
        }
        return command
    }
}

extension String {
    /// With `words` in place of the first `part`.
    fileprivate func replacing(_ part: String, with words: String) -> String {
        guard let at = indices.first(where: { self[$0...].hasPrefix(part) }) else { return self }
        return self[..<at] + words + self[index(at, offsetBy: part.count)...]
    }
}
