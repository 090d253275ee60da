internal import Federation
internal import Matrix

/// What to try next: an id that scripts can match, and the words for people.
package struct Hint: Sendable, Hashable {
    package let id: String
    package let text: String

    package init(_ id: String, _ text: String) {
        self.id = id
        self.text = text
    }
}

extension Hint {
    /// Hints for a fault below HTTP.
    static func all(for kind: TransportError.Kind, at destination: Destination) -> [Hint] {
        switch kind {
        case .name:
            [Hint("no-such-host", "no address for \(destination.certificateHost): check the name and its DNS records")]
        case .connect:
            [Hint("not-listening", "nothing accepts connections at \(destination.place): is the federation port open?")]
        case .tls:
            [
                Hint("tls", "the certificate has to be valid for \(destination.certificateHost), with its whole chain"),
                Hint(
                    "tls-ca",
                    "for a private authority: --cacert FILE; to go on all the same: --insecure-for \(destination.server)"
                ),
            ]
        case .blocked:
            [
                Hint(
                    "address-blocked",
                    "to allow it: --allow-address CIDR, loopback or private; or name the server with --via")
            ]
        case .timeout:
            [Hint("timeout", "a firewall that drops packets looks like this; see --connect-timeout, --request-timeout")]
        default: []
        }
    }

    /// Hints for what a homeserver refused, by status, errcode and its own words.
    static func all(for answer: ErrorAnswer, stage: Stage, at server: ServerName) -> [Hint] {
        let words = answer.message?.string.lowercased() ?? ""
        switch (answer.status, answer.errcode?.string) {
        case (401, _) where words.contains("failed to find any key"): return ownKeyUnreachable
        case (401, _):
            return [
                Hint(
                    "signature-refused",
                    "the signature was not accepted: another key under the same id, or a proxy that rewrites the path")
            ]
        case (403, _) where words.contains("not invited"): return notInvited
        case (403, _) where words.contains("banned from room"):
            return [
                Hint(
                    "server-acl", "the room's server ACL shuts our server out: a moderator can change m.room.server_acl"
                )
            ]
        case (403, _) where words.contains("banned"):
            return [Hint("banned", "a moderator of the room can lift the ban")]
        case (403, _) where words.contains("unfederatable"):
            return [Hint("unfederatable", "m.federate is false: no other server can ever join this room")]
        case (403, _) where words.contains("required rooms"):
            return [Hint("restricted", "join one of the rooms or spaces that the restricted room allows, then retry")]
        case (_, "M_INCOMPATIBLE_ROOM_VERSION"):
            return [Hint("room-version", "the room's version was not offered\(version(answer)); see --room-versions")]
        case (_, "M_UNABLE_TO_AUTHORISE_JOIN"), (_, "M_UNABLE_TO_GRANT_JOIN"):
            return [Hint("restricted-elsewhere", "another resident server may be able to let us in: --via SERVER")]
        case (404, "M_NOT_FOUND") where stage == .directory:
            return [
                Hint("alias-not-found", "check the spelling; an alias lives on the server after its colon"),
                Hint("alias-not-found", "with a room id: fedjoin join '!id' --via SERVER"),
            ]
        case (404, "M_NOT_FOUND"):
            return [Hint("not-resident", "\(server) is not in the room (any more): name one that is with --via SERVER")]
        case (404, "M_UNRECOGNIZED"):
            return [Hint("no-federation", "the listener there does not serve federation")]
        case (429, _): return [Hint("rate-limit", "wait and retry")]
        case (500..., _):
            return [Hint("server-error", "its own log says more; retry later, or another server with --via")]
        case (_, nil):
            return [
                Hint("not-a-homeserver", "something in front of the homeserver answered, not the homeserver itself")
            ]
        default: return []
        }
    }

    private static let ownKeyUnreachable = [
        Hint("own-key-unreachable", "our key has to be reachable from there: publish it with --serve-keys, or run"),
        Hint(
            "own-key-unreachable", "  where a homeserver of our name answers; Synapse remembers a failure for a while"),
    ]

    private static let notInvited = [
        Hint("not-invited", "the signature was accepted: our keys, TLS and delegation are fine as seen from there"),
        Hint("not-invited", "the join rule is invite or knock: have a member invite us, then retry"),
    ]

    private static func version(_ answer: ErrorAnswer) -> String {
        answer.body?["room_version"]?.text.map { ": it is \(Quoting.quoted($0))" } ?? ""
    }
}

/// A line to copy that shows a fault with a common tool.
enum Command {
    static func showing(_ kind: TransportError.Kind, at destination: Destination) -> String? {
        switch kind {
        case .name: "dig +short \(destination.certificateHost)"
        case .tls: openssl(destination)
        case .connect, .reset, .timeout, .protocolFault: curl(destination)
        default: nil
        }
    }

    static func curl(_ destination: Destination) -> String {
        "curl -v 'https://\(destination.certificateHost):\(destination.port)/_matrix/federation/v1/version'"
    }

    private static func openssl(_ destination: Destination) -> String {
        let name = ServerName(Text(destination.certificateHost)).map { !$0.isIPLiteral } ?? true
        let sni = name ? " -servername \(destination.certificateHost)" : ""
        return "openssl s_client -connect \(destination.place)\(sni) </dev/null"
    }
}
