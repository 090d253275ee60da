internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

/// What fedjoin serve does with invites: keeps them in files, and says how to join by them.
struct AwaitedInvites: Sendable {
    /// What the join is told besides the invite.
    let options: [String]
    private let user: UserID

    /// Options of serve that its join does not take, or that would be in the way of what serves the key already.
    private static let own = ["--await-invite", "--listen", "--tls-cert", "--tls-key", "-m", "--max-time"]

    /// A join meets this very server where it looks at our own name, and cannot verify a certificate made at start.
    init(_ user: UserID, arguments: [String], certificateIsThrowaway: Bool) {
        self.user = user
        options =
            ["-u", Shell.quoted(user.text.string)] + Self.kept(arguments)
            + (certificateIsThrowaway ? ["--insecure-for", user.server.description] : [])
    }

    private static func kept(_ arguments: [String]) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if own.contains(argument) {
                rest = rest.dropFirst()
            } else if !own.contains(where: { argument.hasPrefix($0.hasPrefix("--") ? $0 + "=" : $0) }) {
                kept.append(Shell.quoted(argument))
            }
        }
        return kept
    }

    /// A desk whose keys come over `network`.
    func desk(_ identity: Identity, _ network: Network, _ journal: Journal) -> InviteDesk {
        let asked = AskersKeys(network, journal)
        let fetched = FetchedKeys { server in
            let (keys, problem) = await asked.keys(of: server)
            if let problem { Self.say("the keys of \(server) cannot be had: \(problem)") }
            return keys
        }
        return InviteDesk(user, identity, keys: fetched.keys, keep: keep)
    }

    private func keep(_ outcome: InviteDesk.Outcome) -> Bool {
        switch outcome {
        case .refused(let origin, let status, let why):
            Self.say("an invite\(origin.map { " of \($0)" } ?? "") was refused with \(status): \(why)")
            return false
        case .taken(let invite, let file): return save(invite, file)
        }
    }

    /// In a file of the working directory that is ours alone to read. The same invite again is the same file.
    private func save(_ invite: Invite, _ file: JSON) -> Bool {
        let path = "invite-\(Self.name(invite)).json"
        if !SystemFile.exists(path) {
            do { try SystemFile.save(file.compact, to: path, replaces: false, isPrivate: true) } catch {
                Process.err(
                    ClosingLines.line("error", "the invite to \(invite.roomID) could not be kept: \(error.description)")
                )
                return false
            }
        }
        Self.say("\(invite.sender) invites \(invite.user) to \(invite.roomID): saved in \(path)")
        for line in StrippedStateLines.lines(invite.shown) { Process.out(line) }
        for fault in invite.shown.faults {
            Process.out(Terminal.line(" !! of what \(invite.sender.server) shows of the room, \(fault)"))
        }
        Process.out("=== To join by it, while this runs; to reject it, leave in place of join:")
        let words = ["fedjoin join --invite \(path)"] + options
        Process.out("===   \(words.map(Terminal.escaped).joined(separator: " "))")
        return true
    }

    /// Eight bytes of its hash, as an event's id may have `/` in it.
    private static func name(_ invite: Invite) -> String {
        invite.hash.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }

    private static func say(_ words: String) {
        Process.out(Terminal.line("\(WallClock.iso8601(WallClock.now())) \(words)"))
    }
}
