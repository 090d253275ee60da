package import Matrix

/// What is known of a request and its response beside the response itself, kept also where it failed.
package struct Exchange: Sendable {
    /// The address that was connected to: `203.0.113.7:443`, `[::1]:443`.
    package var remote: String?
    /// What the server's certificate says, read when it is asked for.
    package var tls: TLSFacts? {
        get { told ?? certificates?.facts }
        set { (told, certificates) = (newValue, nil) }
    }
    /// What a saved run says of it.
    private var told: TLSFacts?
    /// What it says by itself.
    var certificates: SeenCertificates?
    package var timings = Timings()
    /// Request line and headers as sent, Authorization included: the caller leaves out what must not be shown.
    package var sentHead: Text?
    /// What libcurl said of it, a line each as curl -v prints them, Authorization included; empty unless asked for.
    package var trace: [Text] = []
    /// Each URL that a redirect led to.
    package var redirectedTo: [String] = []
    /// Whether the first byte of an HTTP request went out, so that the server may have acted on it.
    package var bytesSent = false
    package var requestBytes = 0
    package var responseBytes = 0

    package init() {}
}

/// How long the phases of an exchange took, in milliseconds; nil where one was not reached or not needed.
package struct Timings: Sendable, Hashable {
    package var dns: Double?
    package var tcp: Double?
    package var tls: Double?
    package var wait: Double?
    package var receive: Double?

    package init(
        dns: Double? = nil,
        tcp: Double? = nil,
        tls: Double? = nil,
        wait: Double? = nil,
        receive: Double? = nil
    ) {
        self.dns = dns
        self.tcp = tcp
        self.tls = tls
        self.wait = wait
        self.receive = receive
    }
}

/// The server's certificate and the protocol that was agreed on. All text but `version` and the dates is the remote's.
package struct TLSFacts: Sendable, Hashable {
    package var version: String
    package var subject: String
    package var issuer: String
    /// The names and addresses that the certificate is for.
    package var names: [String]
    /// RFC 3339, in UTC.
    package var notBefore: String
    package var notAfter: String
    /// Whether the chain and the name were found right: false where that was not asked for.
    package var verified: Bool
    /// The certificates that the server sent, its own first.
    package var chain: [Link] = []
    /// Where the issuer's certificate is to be had, as the server's own says; nil where it does not.
    package var issuerURL: String?

    /// One certificate of a chain.
    package struct Link: Sendable, Hashable {
        package let subject: String
        package let issuer: String

        package init(subject: String, issuer: String) {
            self.subject = subject
            self.issuer = issuer
        }
    }

    package init(
        version: String,
        subject: String,
        issuer: String,
        names: [String],
        notBefore: String,
        notAfter: String,
        verified: Bool
    ) {
        self.version = version
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.verified = verified
    }
}
