internal import Matrix

extension Diagnosis {
    /// What of the room that came back decides against it.
    static let verify: [Diagnosis] =
        keysOfRoom + [
            Diagnosis(
                "auth-rules-refuse", .theirs,
                "by the rules of the room's own version our join is not allowed: {server} took it all the same, and the other "
                    + "servers of the room will not",
                hints: [
                    "the error names the rule and the events that decided: a ban, or an invite that there has to be first",
                    "have a member of the room invite the user, or a moderator lift the ban; then join anew",
                    "{server} broke the rules, or its copy of the room is not what others have: --via SERVER asks another",
                ],
                [Pattern(stages: [.verify], kinds: [.check], words: ["the auth rules refuse our join"])]),
            Diagnosis(
                "auth-event-rejected", .theirs,
                "an event that our join rests on is not allowed by the rules of the room's version: {server} should have rejected "
                    + "it, and servers that did will not count the join",
                hints: [
                    "the error names the event and the rule; with -vv every rule that was tried is shown",
                    "leave it again; another resident may have the room as it should be: --via SERVER",
                ],
                [Pattern(stages: [.verify], kinds: [.check], words: ["rejected by rule"])]),
            Diagnosis(
                "auth-chain-broken", .theirs,
                "the room that was handed to us lacks events that the join rests on, so nobody can judge it",
                hints: [
                    "{server} has lost a part of the room: its admin, or its log, can say why",
                    "leave it again, and join by another resident: --via SERVER",
                ],
                [
                    Pattern(
                        stages: [.verify], kinds: [.check],
                        words: ["the answer lacks", "no create event", "not to be judged"])
                ]),
            Diagnosis(
                "state-twice", .theirs,
                "the state that was handed to us has two events for one thing, such as two power levels, and nobody can tell "
                    + "which of them counts",
                hints: [
                    "{server} has not resolved the room's state: its admin, or its log, can say why",
                    "leave it again, and join by another resident: --via SERVER",
                ],
                [Pattern(stages: [.verify], kinds: [.check], words: ["are both the"])]),
            Diagnosis(
                "room-not-genuine", .theirs,
                "what decides the join does not stand its checks: the room that was handed to us is not what its servers signed",
                hints: ["leave it again; another resident may hand over a sound copy: join by --via SERVER"],
                [Pattern(stages: [.verify], kinds: [.check])]),
        ]

    /// Keys that are missing, or that one should not rely on.
    private static let keysOfRoom: [Diagnosis] = [
        Diagnosis(
            "key-server-tls", .theirs,
            "the keys of a server that decides the join could not be fetched: its certificate is not right",
            hints: [
                "a notary that you trust may have a copy: --notary SERVER",
                "for a private certificate authority: --cacert FILE",
                "no server can join this room anew until these keys can be had again",
            ],
            [Pattern(stages: [.verify], kinds: [.tls])]),
        Diagnosis(
            "key-server-down", .theirs,
            "the keys of a server that decides the join could not be had: it is gone, and the resident has no copy",
            hints: [
                "a notary that you trust may have a copy: --notary SERVER",
                "another resident may have one: leave, and join by --via SERVER",
                "where nobody has one, no server can join this room anew until that server is back",
            ],
            [
                Pattern(
                    stages: [.verify], kinds: [.name, .connect, .timeout, .notFound, .unavailable, .refused, .protocol])
            ]),
        Diagnosis(
            "keys-not-given", .ours,
            "nobody was asked for the keys of a server that decides the join, and they were not given either",
            hints: [
                "give them: --keys FILE, or keys/SERVER.json in the folder; a server has them at /_matrix/key/v2/server",
                "or have them fetched: without --offline",
            ]),
        Diagnosis(
            "key-not-published", .theirs,
            "an event that decides the join is signed with a key that {server} no longer has, or that had expired when the "
                + "event was made",
            hints: [
                "a key that was replaced has to stay in old_verify_keys: the admin of {server} can put it there",
                "a notary that you trust may have it: --notary SERVER; or give it: fedjoin verify --keys FILE",
            ], tool: .curlTheirKey,
            [Pattern(stages: [.verify], kinds: [.check], words: ["that was valid then"])]),
        Diagnosis(
            "notary-only", .unknown,
            "the keys of a server could be had from the resident alone: it might have made them up, and with them what they "
                + "sign",
            hints: [
                "name a server that you trust for the keys of others: --notary SERVER",
                "without --strict this is a warning",
            ],
            [Pattern(stages: [.verify], kinds: [.check], words: ["only the resident vouches for"])]),
    ]

    /// What of a room is only warned of, or is no room at all.
    static let asides: [Diagnosis] = [
        Diagnosis(
            "answer-unusable", .unknown,
            "what was to be judged is no whole answer to send_join, or not the answer to this join",
            hints: [
                "verify takes the answer's body as it came: {\"state\": [...], \"auth_chain\": [...], ...}; one that was cut "
                    + "off is none",
                "are --event and --room-version of the same room? without them less is checked",
            ]),
        Diagnosis(
            "strict-warning", .theirs, "the room stands, but something in it was warned of, and --strict was given",
            hints: ["the lines that begin with !! say what; without --strict they decide nothing"]),
        Diagnosis(
            "odd-events", .theirs,
            "events of the room are not of the form that its version wants; they are dropped, as joining servers do, and do not decide the join",
            hints: []),
        Diagnosis(
            "events-rejected", .theirs,
            "events of the room are not allowed by the rules of its version, or cannot be judged; the join does not rest on "
                + "them",
            hints: ["the transcript names each with the rule; -o json lists all"]),
        Diagnosis(
            "events-unsigned", .theirs,
            "events of the room lack a good signature of the server that has to have signed them; they are dropped, as "
                + "joining servers do, and do not decide the join",
            hints: ["where keys are missing: --notary SERVER, and a higher --max-key-servers"]),
        Diagnosis(
            "content-changed", .theirs,
            "the content of events is not what their servers hashed: they count as redacted, as with joining servers",
            hints: []),
        Diagnosis(
            "auth-chain-incomplete", .theirs,
            "the answer lacks events that others of it name; what the join rests on was fetched from {server} where it had it",
            hints: ["its admin, or its log, can say why the answer was not whole"]),
        Diagnosis(
            "dead-servers", .theirs,
            "servers that signed events of the room are gone, and nobody has their keys: those events cannot be verified, "
                + "and are dropped",
            hints: [
                "a notary that you trust may have copies of their keys: --notary SERVER",
                "this room loses their members and state for every server that joins anew",
            ]),
        Diagnosis(
            "policy-unsigned", .theirs,
            "the room has a policy server, and our join does not bear its signature: other servers in the room may hide it",
            hints: [
                "the resident did not ask the policy server, or that one refused: ask its admin",
                "the authorization rules are not touched by it: the join itself is valid",
            ]),
    ]
}
