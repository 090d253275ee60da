internal import Matrix

extension Diagnosis {
    /// The proxy that the person has set, by what is said of it in place of the server.
    static let proxies: [Diagnosis] = [
        Diagnosis(
            "proxy-unreachable", .between,
            "the proxy that we are told to use could not reach the server",
            hints: [
                "the server, or the way from the proxy to it, is down: without the proxy: -x ''",
                "its own log says more",
            ], tool: .curl,
            [
                Pattern(
                    kinds: [.connect],
                    words: ["connect tunnel failed, response 5", "received http code 5"])
            ]),
        Diagnosis(
            "proxy-refused", .ours, "the proxy that we are told to use does not let us through to the server",
            hints: [
                "407 wants a user and a password: http://user:password@host:port",
                "many proxies let through to port 443 alone: its settings decide",
                "to go past it: -x '', or the host in NO_PROXY",
            ], tool: .curl,
            [
                Pattern(
                    kinds: [.connect, .timeout, .other],
                    words: ["connect tunnel failed", "from proxy after connect", "proxy connect aborted"])
            ]),
        Diagnosis(
            "proxy-down", .ours, "the proxy that we are told to use does not answer, so no server was asked at all",
            hints: [
                "it is named by --proxy, or by https_proxy or all_proxy in the environment",
                "to go past it: -x '', or the host in NO_PROXY",
            ], tool: .curl,
            [Pattern(kinds: [.name, .connect, .timeout, .tls, .other], words: ["the proxy "])]),
    ]

    /// Names, addresses and connections.
    static let connection: [Diagnosis] = [
        Diagnosis(
            "address-blocked", .theirs, "only a remote named that place, and its address is not public",
            hints: [
                "to allow it: --allow-address CIDR, loopback or private",
                "or name the server yourself: --via of a join, or --notary of one that is asked for keys",
            ],
            [Pattern(kinds: [.check], words: ["which is not public"])]),
        Diagnosis(
            "srv-no-service", .dns,
            "the only SRV record of the name has the target `.`: its owner says that Matrix federation is not served there (RFC 2782)",
            hints: [
                "if it is to federate, {server} has to remove that record, or name a target in it",
                "a well-known file of {server} with an explicit port comes before any SRV record",
            ], tool: .digSRV,
            [Pattern(kinds: [.name], words: ["there is no such service"])]),
        Diagnosis(
            "srv-failed", .dns,
            "the name server failed on, or did not answer, the question for the SRV record: that there is none is not known, so the next rule does not count",
            hints: [
                "an explicit port in the well-known file of {server} needs no SRV record",
                "compare another one: --dns-server ADDR",
            ], tool: .digSRV,
            [Pattern(kinds: [.name, .timeout], words: ["srv record"])]),
        Diagnosis(
            "family-excluded", .ours, "the name has addresses, and none of the family that -4 or -6 asks for",
            hints: ["without -4 and -6 both families are tried"], tool: .dig,
            [Pattern(kinds: [.name], words: ["address, and -4 was given", "address, and -6 was given"])]),
        Diagnosis(
            "one-family-dead", .theirs,
            "some addresses of {server} do not answer, and others do: who tries those first waits in vain, or gives up",
            hints: [
                "take the record of a dead address away (A or AAAA), or let the homeserver listen at it",
                "from a machine without IPv6 every IPv6 address looks dead",
            ], tool: .dig),
        Diagnosis(
            "name-server-silent", .dns, "no name server answered, so nothing is known of the name",
            hints: [
                "is the network up, and the name server the right one? compare another: --dns-server ADDR",
                "dig says the same where it is the name server, and not us",
            ], tool: .dig,
            [
                Pattern(
                    kinds: [.timeout],
                    words: ["name server did not answer", "no name server answered", "temporary failure in name"])
            ]),
        Diagnosis(
            "no-address", .dns, "the name has no address, or the name server does not know it",
            hints: ["check the name and its A and AAAA records", "compare another name server: --dns-server ADDR"],
            tool: .dig, [Pattern(kinds: [.name])]),
        Diagnosis(
            "unreachable-address", .unknown,
            "no route leads to the address: often an AAAA record whose IPv6 does not work",
            hints: ["the name has addresses of the other family, too: try -4 or -6"], tool: .curl,
            [Pattern(kinds: [.connect], words: ["network is unreachable", "no route to host"])]),
        Diagnosis(
            "connection-lost", .unknown,
            "the connection was cut before the whole answer was there, or while TLS was agreed on",
            hints: [
                "the homeserver's log, or that of a proxy in front of it, says more of that moment",
                "a proxy or firewall that ends long or large answers looks like this",
            ], tool: .curl,
            [
                Pattern(
                    kinds: [.connect],
                    words: [
                        "transfer closed", "connection reset", "empty reply", "recv failure", "send failure",
                        "ssl_error_syscall", "unexpected eof",
                    ])
            ]),
        Diagnosis(
            "not-listening", .unknown, "nothing accepts connections at {place}",
            hints: [
                "is the homeserver running, and its federation port open?",
                "does the name lead there? fedjoin resolve {server}",
            ], tool: .curl, [Pattern(kinds: [.connect])]),
        Diagnosis(
            "send-join-slow", .theirs,
            "the resident did not finish its answer to send_join in time: a large room takes it long",
            hints: ["raise --request-timeout", "a proxy in front of it may give up first"],
            [Pattern(stages: [.sendJoin], kinds: [.timeout])]),
        Diagnosis(
            "timeout", .unknown, "no answer came in time",
            hints: ["a firewall that drops packets looks like this", "see --connect-timeout and --request-timeout"],
            tool: .curl, [Pattern(kinds: [.timeout])]),
    ]
}
