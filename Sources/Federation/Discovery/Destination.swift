package import Matrix

/// Where a server name leads, and by which rule (server-server API, "Resolving server names").
package struct Destination: Sendable, Hashable {
    /// The name that requests are signed for: never the delegated host.
    package let server: ServerName
    /// The rule that decided: `1`, `2`, `3.1` to `3.5`, `4`, `5` or `6`.
    package let rule: Text
    /// What the certificate must be for, and what SNI says where it is a name.
    package let certificateHost: String
    package let port: Int
    /// The server name, or the name it delegates to, with its port only where that name has one.
    package let hostHeader: String
    /// Where to connect in place of the host and port, first to last: the targets of SRV records.
    package let targets: [Request.Place]
    /// Which addresses all this may lead to.
    package let policy: AddressPolicy
    /// The addresses of the first place, where it was looked up.
    package var addresses: [Text] = []

    package init(
        server: ServerName, rule: Text, name: ServerName, targets: [Request.Place] = [],
        policy: AddressPolicy = .anywhere
    ) {
        self.server = server
        self.rule = rule
        certificateHost = name.urlHost
        port = name.port ?? targets.first?.port ?? 8448
        hostHeader = name.text.string
        self.targets = targets
        self.policy = policy
    }

    /// The places to try, first to last.
    package var places: [Request.Place] {
        targets.isEmpty ? [Request.Place(host: certificateHost, port: port)] : targets
    }

    /// `host:port` of the first place.
    package var place: String { places.first.map { "\($0.host):\($0.port)" } ?? "" }
}
