internal import Federation
internal import Matrix

extension Trouble {
    static let all = strangers + refusals + restricted + absences + delays + faults + candidates + sent

    /// What is said to a server whose request or name is no good; at the first signed request.
    private static let strangers: [Trouble] = [
        refusal(
            "key-unreachable", .directory, 36, "this server could not fetch our key", 401, "M_UNAUTHORIZED"
        ) {
            "Failed to find any key to satisfy: _FetchKeyRequest(server_name='\($0.origin)', "
                + "minimum_valid_until_ts=\(WallClock.now()), key_ids=['ed25519:a_key'])"
        },
        refusal("key-banned", .directory, 36, "our key is known to have leaked", 401, "M_UNAUTHORIZED") {
            "Server signing key ed25519:a_key for server \($0.origin) has been banned by this server"
        },
        refusal("header-stripped", .directory, 36, "a proxy drops the Authorization header", 401, "M_UNAUTHORIZED") {
            _ in "Missing Authorization headers"
        },
        refusal("wrong-server", .directory, 36, "another homeserver answers", 401, "M_UNAUTHORIZED") { _ in
            "Destination mismatch in auth header, received: 'elsewhere.example'"
        },
        refusal("denied", .directory, 36, "this server federates with others only", 403, "M_FORBIDDEN") {
            "Federation denied with \($0.origin)."
        },
        refusal(
            "path-rewritten", .makeJoin, 46, "a proxy rewrites encoded paths, so our signature fails", 401,
            "M_UNAUTHORIZED", spoilsPaths: true
        ) {
            "Invalid signature for server \($0.origin) with key ed25519:a_key: Unable to verify signature for "
                + "\($0.origin): <class 'nacl.exceptions.BadSignatureError'> Signature was forged or corrupt"
        },
    ]

    private static let refusals: [Trouble] = [
        refusal("invite", .makeJoin, 46, "for the invited", 403, "M_FORBIDDEN", rule: .invite) { _ in
            "You are not invited to this room."
        },
        refusal("knock", .makeJoin, 46, "for those who knocked and were let in", 403, "M_FORBIDDEN", rule: .knock) {
            _ in "You are not invited to this room."
        },
        refusal(
            "knock-restricted", .makeJoin, 46, "for those who knocked and were let in, or are in a room that it names",
            403, "M_FORBIDDEN", rule: .knockRestricted
        ) { _ in "You do not belong to any of the required rooms/spaces to join this room." },
        refusal("banned", .makeJoin, 46, "bans every user", 403, "M_FORBIDDEN") { _ in
            "You are banned from this room"
        },
        refusal("acl", .makeJoin, 46, "its server ACL shuts us out", 403, "M_FORBIDDEN") { _ in
            "Server is banned from room"
        },
        refusal("unfederated", .makeJoin, 46, "made with m.federate false", 403, "M_FORBIDDEN") { _ in
            "This room has been marked as unfederatable."
        },
        refusal(
            "version", .makeJoin, 46, "of a version that nobody knows", 400, "M_INCOMPATIBLE_ROOM_VERSION",
            more: ["room_version": "org.example.future"]
        ) { _ in "Your homeserver does not support the features required to interact with this room" },
    ]

    private static let restricted: [Trouble] = [
        refusal(
            "restricted-no", .makeJoin, 46, "restricted, and we are in none of its rooms", 403, "M_FORBIDDEN",
            rule: .restricted
        ) { _ in "You do not belong to any of the required rooms/spaces to join this room." },
        refusal(
            "restricted-cannot-check", .makeJoin, 46, "restricted, and this server cannot tell", 400,
            "M_UNABLE_TO_AUTHORISE_JOIN", rule: .restricted
        ) { "Unable to check if \($0.user) is in allowed rooms." },
        refusal(
            "restricted-cannot-grant", .makeJoin, 46, "restricted, and nobody here may invite", 400,
            "M_UNABLE_TO_GRANT_JOIN", rule: .restricted
        ) { _ in "Unable to find a user which could issue an invite" },
    ]

    private static let absences: [Trouble] = [
        refusal("unknown", .makeJoin, 47, "this server was never in it", 404, "M_NOT_FOUND") {
            "Could not find room_version for \($0.parts.first ?? "")"
        },
        refusal("left", .makeJoin, 47, "this server has left it", 404, "M_NOT_FOUND") { _ in
            "Not an active room on this server"
        },
        refusal("partial", .makeJoin, 47, "this server is still joining it", 404, "M_NOT_FOUND") { _ in
            "Unable to handle /make_join right now; this server is not fully joined."
        },
    ]

    private static let delays: [Trouble] = [
        refusal(
            "limited", .makeJoin, 48, "too many joins, for long", 429, "M_LIMIT_EXCEEDED",
            more: ["retry_after_ms": 600_000], retryAfter: 600
        ) { _ in "Too Many Requests" },
        refusal(
            "limited-once", .makeJoin, 48, "too many joins, for a second: --retry 1 gets in", 429, "M_LIMIT_EXCEEDED",
            more: ["retry_after_ms": 1000], retryAfter: 1, passes: true
        ) { _ in "Too Many Requests" },
        refusal(
            "send-limited-once", .sendJoin, 88, "the same of send_join: --retry 1 gets in", 429, "M_LIMIT_EXCEEDED",
            more: ["retry_after_ms": 1000], retryAfter: 1, passes: true
        ) { _ in "Too Many Requests" },
    ]

    private static let faults: [Trouble] = [
        refusal("no-federation", .directory, 37, "its listener serves no federation", 404, "M_UNRECOGNIZED") { _ in
            "Unrecognized request"
        },
        refusal("server-error", .makeJoin, 48, "this server fails inside", 500, "M_UNKNOWN") { _ in
            "Internal server error"
        },
        page("gateway", 48, "a proxy in front of a server that is down", 502, "502 Bad Gateway"),
        page("html", 45, "a web server answers in place of a homeserver", 404, "404 Not Found"),
    ]

    private static let candidates: [Trouble] = [
        changed("nobody", .directory, 39, "its alias names no server in it") { $0["servers"] = [] },
        changed("dead", .directory, 42, "its alias names two servers, where nobody answers") {
            $0["servers"] = ["127.0.0.1:1", "127.0.0.1:2"]
        },
    ]

    private static let sent: [Trouble] = [
        refusal("rejected", .sendJoin, 86, "the room's rules reject our event", 403, "M_FORBIDDEN") { _ in
            "join event was rejected"
        },
        refusal("policy-refused", .sendJoin, 86, "its policy server takes us for spam", 403, "M_FORBIDDEN") { _ in
            "This message has been rejected as probable spam"
        },
        refusal("send-partial", .sendJoin, 87, "this server cannot take our event yet", 404, "M_NOT_FOUND") { _ in
            "Unable to handle /send_join right now; this server is not fully joined."
        },
        Trouble(
            alias: "cut", place: .sendJoin, what: "takes our event, and breaks off its answer", exit: 82
        ) { _, right throws(Denial) in
            var answer = try right()
            answer.cutAfter = answer.body.count / 2
            return answer
        },
        changed("no-create", .sendJoin, 99, "hands over a room without its create event") { answer in
            for part: Text in ["state", "auth_chain"] {
                answer[part] = .array((answer[part]?.array ?? []).filter { $0["type"]?.text != "m.room.create" })
            }
        },
        changed("no-power-levels", .sendJoin, 99, "hands over a room without what authorises our join") { answer in
            for part: Text in ["state", "auth_chain"] {
                answer[part] = .array((answer[part]?.array ?? []).filter { $0["type"]?.text != "m.room.power_levels" })
            }
        },
        changed(
            "gap", .sendJoin, 0, "leaves out a part that our join rests on, and gives it when asked", mendsGaps: true
        ) { answer in
            for part: Text in ["state", "auth_chain"] {
                answer[part] = .array(
                    (answer[part]?.array ?? []).filter { $0["content"]?["displayname"] != "Resident" })
            }
        },
        changed(
            "state-twice", .sendJoin, 99, "hands over two power levels, and one can count", setsLevelsTwice: true
        ) { answer in
            let earlier = (answer["auth_chain"]?.array ?? []).filter { event in
                event["type"] == "m.room.power_levels" && event["content"]?["ban"] == nil
            }
            answer["state"] = .array((answer["state"]?.array ?? []) + earlier)
        },
        changed("odd-event", .sendJoin, 0, "an event of its state has a number that no event may have") { answer in
            let odd = (answer["state"]?.array ?? []).first { $0["type"]?.text == "m.room.name" }?.object
            guard var odd, let half = try? JSON(parsing: Array("0.5".utf8)) else { return }
            odd["type"] = "org.example.odd"
            odd["content"] = ["size": half]
            answer["state"] = .array((answer["state"]?.array ?? []) + [.object(odd)])
        },
        changed("forged", .sendJoin, 99, "hands over a create event that nobody signed") { answer in
            for part: Text in ["state", "auth_chain"] {
                answer[part] = .array((answer[part]?.array ?? []).map(forged))
            }
        },
    ]

    @Sendable private static func forged(_ event: JSON) -> JSON {
        guard event["type"]?.text == "m.room.create", var object = event.object else { return event }
        object["signatures"] = [:]
        return .object(object)
    }
}
