internal import Matrix

extension Diagnosis {
    /// What other answers mean.
    static let answers: [Diagnosis] = [
        Diagnosis(
            "rate-limited", .theirs, "{server} limits how often it is asked",
            hints: ["wait, or --retry N", "another server of the room may have room left: --via SERVER"],
            [Pattern(statuses: [429]), Pattern(errcodes: ["M_LIMIT_EXCEEDED"])]),
        Diagnosis(
            "no-federation", .theirs,
            "the listener there does not serve federation: the homeserver itself says that it knows no such path",
            hints: ["in Synapse, the listener lacks the federation resource"], tool: .curl,
            [Pattern(errcodes: ["M_UNRECOGNIZED"])]),
        Diagnosis(
            "gateway", .between,
            "a reverse proxy answered in place of the homeserver, which it could not reach or did not wait for",
            hints: ["the homeserver behind the proxy is down or slow", "retry later, or another server with --via"],
            tool: .curl,
            [Pattern(statuses: [502, 503, 504])]),
        Diagnosis(
            "server-error", .theirs, "{server} failed inside",
            hints: ["its own log says more", "retry later, or another server with --via"],
            [Pattern(statuses: Array(500..<600))]),
        Diagnosis(
            "html-instead-of-json", .between,
            "a web server or proxy answered, and no homeserver: its answer is not Matrix JSON",
            hints: [
                "the proxy there has to hand /_matrix/ on to the homeserver",
                "or the name leads to another machine: fedjoin resolve {server}",
            ],
            tool: .curl,
            [
                Pattern(kinds: [.protocol], isPage: true),
                Pattern(kinds: [.protocol], words: ["not json", "answered with status"]),
            ]),
        Diagnosis(
            "redirected", .between,
            "a signed request was redirected; it is never followed, since it is signed for one server",
            hints: ["delegate by /.well-known/matrix/server in place of a redirect"], tool: .curl,
            [Pattern(kinds: [.protocol], words: ["redirects a signed request"])]),
        Diagnosis(
            "answer-too-large", .theirs, "the answer is longer than is read", hints: ["for send_join: --max-size"],
            [Pattern(kinds: [.protocol], words: ["longer than", "larger than"])]),
        Diagnosis(
            "signature-refused", .unknown, "the request's signature was not accepted, without a reason that we know",
            hints: [
                "fedjoin self shows what others see of our key",
                "a proxy that changes the path or the Authorization header looks like this, too",
            ],
            tool: .curlKey, [Pattern(statuses: [401])]),
        Diagnosis(
            "bad-request", .unknown, "{server} calls our request or event malformed: its words say what it misses",
            hints: ["with -v, see what was sent", "if it follows the specification, the fault is theirs"],
            [Pattern(statuses: [400])]),
        Diagnosis(
            "forbidden", .theirs, "{server} refused in words of its own",
            hints: ["its words say why; its admin can say more"],
            [Pattern(statuses: [403])]),
        Diagnosis(
            "malformed-answer", .theirs, "the answer is not of the form that the protocol has",
            hints: ["the server is broken: another one with --via"],
            tool: .curl, [Pattern(kinds: [.protocol])]),
    ]

    /// Certificates, by libcurl's and OpenSSL's words.
    static let tls: [Diagnosis] = [
        Diagnosis(
            "expired", .theirs, "the certificate of {server} has expired",
            hints: ["it has to be renewed, and the server told to load the new one"],
            tool: .openssl, [Pattern(kinds: [.tls], words: ["certificate has expired"])]),
        Diagnosis(
            "not-yet-valid", .unknown, "the certificate of {server} is not valid yet: one of the two clocks is wrong",
            hints: [
                "compare your clock with another: date -u; where yours is right, theirs, or the one that made the certificate, is not"
            ], tool: .openssl,
            [Pattern(kinds: [.tls], words: ["not yet valid"])]),
        Diagnosis(
            "self-signed", .theirs, "the certificate of {server} is signed by itself, so nobody vouches for it",
            hints: [
                "federation wants a certificate of a public authority",
                "for a private one: --cacert FILE; to go on all the same: --insecure-for {server}",
            ],
            tool: .openssl, [Pattern(kinds: [.tls], words: ["self-signed certificate", "self signed certificate"])]),
        Diagnosis(
            "ip-literal-cert", .theirs,
            "the server is named by an IP address, and its certificate is not for that address",
            hints: ["the certificate needs the address as a subject alternative name, or the server a name"],
            tool: .openssl,
            [Pattern(kinds: [.tls], words: ["ipv4 address", "ipv6 address", "ip address mismatch"])]),
        Diagnosis(
            "name-mismatch", .theirs,
            "the certificate is not for {host}. It has to be for the server name, or the name that a well-known file delegates to: never for an SRV target",
            hints: [
                "delegate by well-known to the name that the certificate is for", "or get a certificate for {host}",
            ], tool: .openssl,
            [
                Pattern(
                    kinds: [.tls],
                    words: ["no alternative certificate subject name", "does not match target", "hostname mismatch"])
            ]),
        Diagnosis(
            "wrong-chain", .theirs,
            "the certificate cannot be traced to an authority that we trust: the server sends no intermediate certificate, or its authority is private",
            hints: [
                "serve the whole chain (fullchain.pem), not the certificate alone",
                "for a private authority: --cacert FILE",
            ],
            tool: .openssl,
            [
                Pattern(
                    kinds: [.tls],
                    words: ["unable to get local issuer", "unable to get issuer", "unable to verify the first"])
            ]),
        Diagnosis(
            "missing-intermediate", .theirs,
            "the server sends its certificate without the intermediate one that ties it to its authority. Browsers often know that one, other servers do not",
            hints: ["serve the whole chain (fullchain.pem), not the certificate alone"], tool: .openssl),
        Diagnosis(
            "unknown-authority", .theirs,
            "the certificate is of an authority that we do not trust: a private one, or one that our list of authorities does not have",
            hints: [
                "federation wants a certificate of a public authority",
                "for a private one: --cacert FILE; to go on all the same: --insecure-for {server}",
            ], tool: .openssl),
        Diagnosis(
            "not-tls", .theirs, "what answers at {place} does not speak TLS",
            hints: [
                "federation is HTTPS only: that port takes plain HTTP, or is another service's",
                "a reverse proxy has to end TLS for it, or the homeserver needs a listener with tls: true",
            ], tool: .openssl,
            [Pattern(kinds: [.tls], words: ["wrong version number", "packet length too long", "unknown protocol"])]),
        Diagnosis(
            "tls", .theirs, "TLS could not be agreed on with {place}",
            hints: ["is it TLS at all at that port, 1.2 or newer?"], tool: .openssl, [Pattern(kinds: [.tls])]),
    ]
}
