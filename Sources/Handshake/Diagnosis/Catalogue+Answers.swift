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
            hints: ["compare: date -u, and the Date header of the answer"], tool: .openssl,
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

    /// What checks of our own find; no answer matches them.
    static let checks: [Diagnosis] = [
        Diagnosis(
            "own-key-unpublished", .ours,
            "our own key document is missing, wrong or of another key where others look for it",
            hints: [
                "--serve-keys publishes our key while the command runs; --no-self-check goes on without",
                "what others see: fedjoin self",
            ],
            tool: .curlKey, [Pattern(stages: [.identity])]),
        Diagnosis(
            "own-homeserver", .ours, "a homeserver runs under our name: it would not know of a membership that we make",
            hints: ["--dry-run shows the whole handshake and changes nothing", "to go on all the same: --force"]),
        Diagnosis(
            "no-candidates", .ours,
            "nobody is known who could let us in: a room id of version 12 names no server, and a list may hold ourselves alone",
            hints: ["name a server that is in the room: --via SERVER", "or give an alias, or a link with via"]),
        Diagnosis(
            "lying-template", .theirs,
            "the template is not of the event that we asked for: signing it would sign something else in our name",
            hints: ["that server is broken or hostile: another one may be asked with --via SERVER"],
            [Pattern(stages: [.makeJoin, .makeLeave], kinds: [.check])]),
        Diagnosis(
            "bad-well-known", .theirs,
            "the well-known file of {server} is there and unusable, so the rules after it count",
            hints: ["it has to be {\"m.server\": \"host:port\"}, JSON, status 200, without a scheme"],
            tool: .curlWellKnown),
        Diagnosis(
            "srv-alias", .theirs,
            "the target of the SRV record is an alias (CNAME), which RFC 2782 forbids: some servers follow it, others do not",
            hints: ["let the record name the host itself"], tool: .digSRV),
        Diagnosis(
            "clock", .unknown,
            "our clock and that of {server} differ by minutes: keys, events and certificates are valid at other times for each",
            hints: ["set both by NTP"]),
        Diagnosis(
            "odd-events", .theirs,
            "events of the room are not of the form that its version wants; they are dropped, as joining servers do, and do not decide the join",
            hints: []),
        Diagnosis(
            "policy-unsigned", .theirs,
            "the room has a policy server, and our join does not bear its signature: other servers in the room may hide it",
            hints: [
                "the resident did not ask the policy server, or that one refused: ask its admin",
                "the authorization rules are not touched by it: the join itself is valid",
            ]),
        Diagnosis(
            "notary-only", .unknown,
            "the keys of a server were had only as the resident's copy: only the resident vouches for them", hints: []),
        Diagnosis(
            "outcome-unknown", .unknown,
            "the event went out, and no whole answer came: whether we are joined is not known",
            hints: [
                "look from a member's client, or leave to be sure: fedjoin leave",
                "sending the same event again does no harm; a new join is another event",
            ]),
    ]

    /// What of the room that came back decides against it.
    static let verify: [Diagnosis] = [
        Diagnosis(
            "key-server-tls", .theirs,
            "the keys of a server that decides the join could not be fetched: its certificate is not right",
            hints: ["no server can join this room anew until these keys can be had again"],
            [Pattern(stages: [.verify], kinds: [.tls])]),
        Diagnosis(
            "key-server-down", .theirs,
            "the keys of a server that decides the join could not be had: it is gone, and the resident has no copy",
            hints: [
                "no server can join this room anew until these keys can be had again",
                "another resident may have a copy: --via SERVER",
            ],
            [
                Pattern(
                    stages: [.verify], kinds: [.name, .connect, .timeout, .notFound, .unavailable, .refused, .protocol])
            ]),
        Diagnosis(
            "auth-chain-broken", .theirs,
            "the room that was handed to us lacks events that the join rests on, so nobody can judge it",
            hints: [
                "{server} has lost a part of the room: its admin, or its log, can say why",
                "leave it again, and join by another resident: --via SERVER",
            ],
            [Pattern(stages: [.verify], kinds: [.check], words: ["the answer lacks", "no create event"])]),
        Diagnosis(
            "room-not-genuine", .theirs,
            "what decides the join does not stand its checks: the room that was handed to us is not what its servers signed",
            hints: ["leave it again; another resident may hand over a sound copy: --via SERVER"],
            [Pattern(stages: [.verify], kinds: [.check])]),
    ]
}
