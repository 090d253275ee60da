internal import Matrix

extension Diagnosis {
    /// Every cause that we know, the more special before the more general: the first that fits counts.
    package static let catalogue: [Diagnosis] =
        proxies + verify + ownKey + room + answers + tls + connection + checks + asides

    /// Why a server does not believe our requests.
    private static let ownKey: [Diagnosis] = [
        Diagnosis(
            "own-key-unreachable", .ours,
            "the other server could not fetch our signing key, so it cannot tell that the request is ours. It asks "
                + "for it at our server name: by well-known, SRV or port 8448, over TLS with a certificate that it can verify",
            hints: [
                "it has to reach {us} from outside: fedjoin self",
                "--serve-keys publishes the key while a join, leave or knock runs; fedjoin serve does it beside other commands",
                "Synapse remembers a bad well-known answer for up to an hour",
            ], tool: .curlKey,
            [
                Pattern(words: [
                    "failed to find any key to satisfy", "no key for", "could not fetch key", "unable to fetch keys",
                ])
            ]),
        Diagnosis(
            "own-key-mismatch", .ours,
            "our signature was checked with another key than ours: what {us} publishes under this key id is another key, "
                + "or it was when the other server looked",
            hints: [
                "compare: fedjoin self, and fedjoin key show",
                "a key that changed needs a new key id: other servers never fetch a known id again",
                "two servers that share the name, or a proxy that rewrites the path, look like this, too",
            ], tool: .curlKey,
            [
                Pattern(words: [
                    "invalid signature for server", "signature verification failed",
                    "unable to verify signature for sender domain",
                ])
            ]),
        Diagnosis(
            "path-rewritten", .between,
            "something between us and the homeserver changes the request's path: a signature over a plain path is accepted, "
                + "the same over one with encoded characters is not",
            hints: [
                "their reverse proxy decodes or encodes the path again: nginx: proxy_pass without a URI",
                "Apache: AllowEncodedSlashes NoDecode, and nocanon at ProxyPass",
            ]),
        Diagnosis(
            "header-stripped", .between,
            "the request carried its Authorization header, and the homeserver did not get it",
            hints: ["a reverse proxy in front of {server} drops or changes the Authorization header"],
            [Pattern(words: ["missing authorization header"]), Pattern(words: ["malformed authorization header"])]),
        Diagnosis(
            "wrong-destination", .theirs,
            "the server that answered is not {server}: it calls itself by another name",
            hints: [
                "delegation or DNS of {server} leads to another homeserver: fedjoin resolve {server}",
                "or a proxy there picks the wrong one by Host header or SNI",
            ], tool: .curlTheirKey, [Pattern(words: ["destination mismatch"])]),
        Diagnosis(
            "key-banned", .ours,
            "the other server refuses this key by name, since it is known to have leaked",
            hints: ["make a new key with another key id"], [Pattern(words: ["has been banned by this server"])]),
        Diagnosis(
            "user-not-ours", .ours,
            "a server joins with its own users only, and the user's name ends in another one",
            hints: ["--user has to end in :{us}"],
            [Pattern(words: ["user not from origin", "on behalf of another server"])]),
        Diagnosis(
            "federation-denied", .theirs,
            "{server} federates only with servers that it lists, and ours is not among them",
            hints: ["its admin has to add {us} to federation_domain_whitelist"],
            [Pattern(words: ["federation denied with"])]),
    ]

    /// Why a room does not take us.
    private static let room: [Diagnosis] = [
        Diagnosis(
            "not-invited", .theirs,
            "the room's join rule is invite or knock, and this user is not invited",
            hints: [
                "the signature was accepted: our keys, TLS and delegation are fine as seen from {server}",
                "have a member invite the user, then retry",
                "where the join rule is knock: fedjoin knock asks to be let in",
            ], [Pattern(words: ["you are not invited", "is not invited", "not allowed to join this room"])]),
        Diagnosis(
            "no-knocking", .theirs, "the room takes no knocks: its join rule is neither knock nor knock_restricted",
            hints: [
                "where it is public: fedjoin join; where it is for the invited, a member has to invite the user",
                "rooms of version 7 on can take knocks, and knock_restricted is of version 10 on",
            ],
            [
                Pattern(words: [
                    "permission to knock", "not support knocking", "not permitted to knock", "not allowed to knock",
                ])
            ]),
        Diagnosis(
            "no-need-to-knock", .ours, "the user is in the room already, or invited to it",
            hints: ["where the user is invited: fedjoin join"],
            [Pattern(words: ["cannot knock on a room you are already in", "already invited to this room"])]),
        Diagnosis(
            "not-in-room", .ours, "{server} says that the user is not in the room, nor invited, nor knocking",
            hints: [
                "there is nothing to leave: who was banned or kicked is out, too",
                "a join whose answer was lost did not arrive, and a dry run has sent none",
                "if another server has the user in the room: --via SERVER",
            ],
            [
                Pattern(
                    stages: [.makeLeave, .sendLeave], statuses: [403, 404],
                    words: ["not in this room", "not in room", "not in the room", "not joined to", "not a member"])
            ]),
        Diagnosis(
            "server-acl", .theirs, "the room's server ACL shuts our server out",
            hints: [
                "a moderator of the room can change m.room.server_acl",
                "a server named by an IP address is shut out by allow_ip_literals: false",
            ],
            [
                Pattern(words: [
                    "server is banned from room", "forbidden by server acl", "denied by room acl", "server acl",
                ])
            ]),
        Diagnosis(
            "banned", .theirs, "this user is banned from the room", hints: ["a moderator of the room can lift the ban"],
            [Pattern(words: ["you are banned", "is banned from"])]),
        Diagnosis(
            "unfederated", .theirs, "the room was made with m.federate false: no other server can ever join it",
            hints: ["only a new room can change that"], [Pattern(words: ["unfederatable", "m.federate"])]),
        Diagnosis(
            "restricted-no-membership", .theirs,
            "the room lets in members of certain rooms or spaces, and this user is in none of them",
            hints: ["join one of the rooms or spaces that it allows first, then retry"],
            [Pattern(words: ["required rooms/spaces", "not joined to any matching rooms"])]),
        Diagnosis(
            "restricted-cannot-check", .theirs,
            "{server} is not in the rooms that the restricted room allows, so it cannot tell whether we may join",
            hints: ["ask a server that is in those rooms: --via SERVER"],
            [Pattern(errcodes: ["M_UNABLE_TO_AUTHORISE_JOIN"])]),
        Diagnosis(
            "restricted-cannot-grant", .theirs,
            "nobody at {server} may invite to the restricted room, so it cannot let us in",
            hints: ["ask a server with a moderator of the room: --via SERVER"],
            [Pattern(errcodes: ["M_UNABLE_TO_GRANT_JOIN"])]),
        Diagnosis(
            "room-version", .ours, "the room's version was not among those that we offered",
            hints: [
                "see --room-versions: without it, 1 to 12 are offered",
                "a version that fedjoin does not know cannot be joined with it",
            ],
            [Pattern(errcodes: ["M_INCOMPATIBLE_ROOM_VERSION", "M_UNSUPPORTED_ROOM_VERSION"])]),
        Diagnosis(
            "alias-not-found", .theirs, "{server} has no such alias",
            hints: [
                "check the spelling; an alias lives on the server after its colon",
                "with a room id: fedjoin join '!id' --via SERVER",
            ],
            [
                Pattern(stages: [.directory], kinds: [.notFound], errcodes: ["M_NOT_FOUND"]),
                Pattern(words: ["room alias not found"]),
            ]),
        Diagnosis(
            "partial-state", .theirs, "{server} is itself still joining the room, and cannot help yet",
            hints: ["retry later, or ask another server: --via SERVER"],
            [
                Pattern(words: [
                    "not fully joined", "partial state", "unable to handle /make_join", "unable to handle /send_join",
                ]), Pattern(errcodes: ["ORG.MATRIX.MSC3895_UNABLE_DUE_TO_PARTIAL_STATE"]),
            ]),
        Diagnosis(
            "left-room", .theirs, "{server} has been in the room and left it",
            hints: ["ask a server that is still in the room: --via SERVER"],
            [Pattern(words: ["not an active room on this server"])]),
        Diagnosis(
            "room-unknown", .theirs, "{server} is not in the room",
            hints: ["ask a server that is in the room: --via SERVER"],
            [
                Pattern(words: [
                    "could not find room_version", "room is unknown to this server", "room does not exist",
                    "unknown room",
                ]),
                Pattern(
                    stages: Stage.makes + Stage.sends, kinds: [.notFound],
                    errcodes: ["M_NOT_FOUND"]),
            ]),
        Diagnosis(
            "policy-refused", .theirs,
            "the room's policy server, which judges events for spam and abuse, does not want this one",
            hints: [
                "m.room.policy in the room names it; its admin, or a moderator of the room, can say why",
                "a display name or a reason may be what it minds: try without",
            ],
            [Pattern(words: ["rejected as probable spam", "policy server"])]),
        Diagnosis(
            "auth-events-missing", .theirs,
            "{server} lacks the part of the room's history that it would need to judge the join",
            hints: ["ask another server: --via SERVER"],
            [Pattern(words: ["auth events could not be found", "missing auth event"])]),
        Diagnosis(
            "join-rejected", .theirs, "{server} judged our event by the room's rules and rejected it",
            hints: ["the room changed since the template: retry", "with -v, compare what was sent with the template"],
            [Pattern(stages: Stage.sends, words: ["event was rejected", "not allowed by its auth"])]),
    ]
}
