package import Matrix

/// One cause of a failed join: how it shows, whose side it is on, and what to do about it.
package struct Diagnosis: Sendable, Hashable {
    /// Stable, for scripts and `fedjoin explain`.
    package let id: String
    package let side: Side
    /// A sentence or two without a capital at the beginning of the first.
    package let cause: String
    /// At most three. `{server}`, `{host}`, `{place}` and `{us}` stand for the names at hand.
    package let hints: [String]
    /// What shows the same fault with a common tool.
    package let tool: Tool?
    /// Any of which has to fit; none for what only a check of our own finds.
    package let patterns: [Pattern]

    init(
        _ id: String, _ side: Side, _ cause: String, hints: [String], tool: Tool? = nil, _ patterns: [Pattern] = []
    ) {
        self.id = id
        self.side = side
        self.cause = cause
        self.hints = hints
        self.tool = tool
        self.patterns = patterns
    }

    /// A line to copy.
    package enum Tool: String, Sendable, Hashable {
        case dig = "dig {host} A {host} AAAA"
        case digSRV = "dig _matrix-fed._tcp.{host} SRV _matrix._tcp.{host} SRV"
        case openssl = "openssl s_client -connect {place}{sni} </dev/null"
        case curl = "curl -v{route} 'https://{host}:{port}/_matrix/federation/v1/version'"
        case curlKey = "curl -v{route} 'https://{ours}/_matrix/key/v2/server'"
        case curlTheirKey = "curl -v{route} 'https://{host}:{port}/_matrix/key/v2/server'"
        case curlWellKnown = "curl -v 'https://{host}/.well-known/matrix/server'"
    }

    /// How a cause shows. What is empty fits everything.
    package struct Pattern: Sendable, Hashable {
        package var stages: [Stage] = []
        package var kinds: [FailureClass] = []
        package var statuses: [Int] = []
        package var errcodes: [Text] = []
        /// Any of which stands in the words, upper and lower case alike.
        package var words: [String] = []
        /// Whether the body must be no JSON: a web server's page.
        package var isPage = false
    }

    /// What is known of a failure.
    package struct Symptom: Sendable {
        package let stage: Stage
        package let kind: FailureClass
        package var status: Int?
        package var errcode: Text?
        /// The remote's words, or libcurl's.
        package var words: Text = ""
        package var isPage = false

        package init(
            stage: Stage, kind: FailureClass, status: Int? = nil, errcode: Text? = nil, words: Text = "",
            isPage: Bool = false
        ) {
            self.stage = stage
            self.kind = kind
            self.status = status
            self.errcode = errcode
            self.words = words
            self.isPage = isPage
        }
    }
}

extension Diagnosis {
    /// The first cause of the catalogue that fits, or nil where nothing is known of such a failure.
    package static func of(_ symptom: Symptom) -> Diagnosis? {
        let words = symptom.words.string.lowercased()
        return catalogue.first { $0.patterns.contains { $0.fits(symptom, words) } }
    }

    /// The cause of that id, which has to be one of the catalogue's.
    package static func named(_ id: String) -> Diagnosis? { catalogue.first { $0.id == id } }
}

extension Diagnosis {
    private static let warnings = [
        "clock": "clock", "srv_alias": "srv-alias", "format": "odd-events", "family": "one-family-dead",
        "resident_keys": "notary-only", "signatures": "events-unsigned", "dead_servers": "dead-servers",
        "content_hashes": "content-changed", "auth_rules": "events-rejected", "auth_chain": "auth-chain-incomplete",
        "state_twice": "state-twice",
    ]

    /// The cause that a warning of that check is of; of those that come one for each event, the last alone has it.
    static func named(ofWarning check: String, _ detail: String) -> String? {
        guard check != "format" || detail.hasSuffix(" dropped") else { return nil }
        return warnings[check].flatMap { named($0)?.id }
    }
}

extension Diagnosis.Pattern {
    fileprivate func fits(_ symptom: Diagnosis.Symptom, _ lowercased: String) -> Bool {
        (stages.isEmpty || stages.contains(symptom.stage))
            && (kinds.isEmpty || kinds.contains(symptom.kind))
            && (statuses.isEmpty || symptom.status.map(statuses.contains) ?? false)
            && (errcodes.isEmpty || symptom.errcode.map(errcodes.contains) ?? false)
            && (words.isEmpty || words.contains { lowercased.contains($0) })
            && (!isPage || symptom.isPage)
    }
}
