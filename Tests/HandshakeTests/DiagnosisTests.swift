import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct DiagnosisTests {
    struct Case: CustomTestStringConvertible {
        let stage: Stage
        let kind: FailureClass
        let status: Int?
        let errcode: Text?
        let words: Text
        let id: String
        let side: Side

        init(
            _ stage: Stage, _ kind: FailureClass, _ status: Int? = nil, _ errcode: Text? = nil, _ words: Text,
            _ id: String, _ side: Side
        ) {
            (self.stage, self.kind, self.status, self.errcode) = (stage, kind, status, errcode)
            (self.words, self.id, self.side) = (words, id, side)
        }

        var testDescription: String { "\(stage.rawValue) \(kind.rawValue): \(words)" }
        var symptom: Diagnosis.Symptom {
            Diagnosis.Symptom(stage: stage, kind: kind, status: status, errcode: errcode, words: words)
        }
    }

    static let answers: [Case] = [
        Case(
            .makeJoin, .refused, 401, "M_UNAUTHORIZED",
            "Failed to find any key to satisfy: _FetchKeyRequest(server_name='us')", "own-key-unreachable", .ours),
        Case(
            .directory, .refused, 401, "M_UNAUTHORIZED", "No key for us with ids in ['ed25519:a']",
            "own-key-unreachable", .ours),
        Case(
            .sendJoin, .refused, 403, "M_FORBIDDEN",
            "event id $e: unable to verify signature for sender domain us: 401: Failed to find any key to satisfy",
            "own-key-unreachable", .ours),
        Case(
            .makeJoin, .refused, 401, "M_UNAUTHORIZED",
            "Invalid signature for server us with key ed25519:a: Unable to verify", "own-key-mismatch", .ours),
        Case(
            .makeJoin, .refused, 401, "M_UNAUTHORIZED", "Destination mismatch in auth header, received: 'x'",
            "wrong-destination", .theirs),
        Case(.makeJoin, .refused, 401, "M_UNAUTHORIZED", "Missing Authorization headers", "header-stripped", .between),
        Case(.makeJoin, .refused, 400, "M_UNAUTHORIZED", "Malformed Authorization header", "header-stripped", .between),
        Case(
            .makeJoin, .refused, 401, "M_UNAUTHORIZED",
            "Server signing key us:ed25519:a has been banned by this server", "key-banned", .ours),
        Case(.makeJoin, .refused, 401, "M_UNAUTHORIZED", "words of nobody we know", "signature-refused", .unknown),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "Federation denied with us.", "federation-denied", .theirs),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "You are not invited to this room.", "not-invited", .theirs),
        // Synapse's words.
        Case(.makeLeave, .refused, 403, "M_FORBIDDEN", "@u:us not in room !r:b.", "not-in-room", .ours),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "@u:us not in room !r:b.", "forbidden", .theirs),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "You are banned from this room", "banned", .theirs),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "Server is banned from room", "server-acl", .theirs),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "Forbidden by server ACLs", "server-acl", .theirs),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "Server was denied by room ACL", "server-acl", .theirs),
        Case(
            .makeJoin, .refused, 403, "M_FORBIDDEN", "This room has been marked as unfederatable.", "unfederated",
            .theirs),
        Case(
            .makeJoin, .refused, 403, "M_FORBIDDEN",
            "You do not belong to any of the required rooms/spaces to join this room.", "restricted-no-membership",
            .theirs),
        Case(
            .makeJoin, .refused, 400, "M_UNABLE_TO_AUTHORISE_JOIN", "Unable to check if @u is in allowed rooms.",
            "restricted-cannot-check", .theirs),
        Case(
            .makeJoin, .refused, 400, "M_UNABLE_TO_GRANT_JOIN", "Unable to find a user which could issue an invite",
            "restricted-cannot-grant", .theirs),
        Case(
            .makeJoin, .refused, 400, "M_INCOMPATIBLE_ROOM_VERSION", "Your homeserver does not support the features",
            "room-version", .ours),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "User not from origin", "user-not-ours", .ours),
        Case(.makeJoin, .refused, 403, "M_FORBIDDEN", "because I say so", "forbidden", .theirs),
        Case(.directory, .notFound, 404, "M_NOT_FOUND", "Room alias #a:b not found", "alias-not-found", .theirs),
        Case(.makeJoin, .notFound, 404, "M_NOT_FOUND", "Could not find room_version for !r", "room-unknown", .theirs),
        Case(.makeJoin, .notFound, 404, "M_NOT_FOUND", "Not an active room on this server", "left-room", .theirs),
        Case(
            .makeJoin, .notFound, 404, "M_NOT_FOUND",
            "Unable to handle /make_join right now; this server is not fully joined.", "partial-state", .theirs),
        Case(.makeJoin, .unavailable, 429, "M_LIMIT_EXCEEDED", "Too Many Requests", "rate-limited", .theirs),
        Case(.makeJoin, .unavailable, 500, "M_UNKNOWN", "Internal server error", "server-error", .theirs),
        Case(.sendJoin, .unavailable, 504, nil, "answered with status 504", "gateway", .between),
        Case(.sendJoin, .refused, 403, "M_FORBIDDEN", "join event was rejected", "join-rejected", .theirs),
        Case(.sendJoin, .refused, 400, "M_BAD_JSON", "Depth too large", "bad-request", .unknown),
        Case(.sendJoin, .refused, 403, "M_FORBIDDEN", "Auth events could not be found", "auth-events-missing", .theirs),
        Case(
            .directory, .protocol, 404, nil, "answered with status 404 and no errcode", "html-instead-of-json", .between
        ),
        Case(
            .directory, .protocol, 200, nil, "the body is not JSON (text/html): no value begins so at byte 0",
            "html-instead-of-json", .between),
        Case(
            .directory, .protocol, 301, nil, "it redirects a signed request (status 301), which is never followed",
            "redirected", .between),
    ]

    static let connections: [Case] = [
        Case(.directory, .tls, nil, nil, "SSL certificate problem: certificate has expired", "expired", .theirs),
        Case(
            .directory, .tls, nil, nil, "SSL certificate problem: certificate is not yet valid", "not-yet-valid",
            .unknown),
        Case(.directory, .tls, nil, nil, "SSL certificate problem: self-signed certificate", "self-signed", .theirs),
        Case(
            .directory, .tls, nil, nil, "SSL certificate problem: unable to get local issuer certificate",
            "wrong-chain", .theirs),
        Case(
            .directory, .tls, nil, nil, "SSL: no alternative certificate subject name matches target host name 'a'",
            "name-mismatch", .theirs),
        Case(
            .directory, .tls, nil, nil,
            "SSL: no alternative certificate subject name matches target ipv4 address '192.0.2.1'",
            "ip-literal-cert", .theirs),
        Case(
            .directory, .tls, nil, nil, "OpenSSL/3.0: error:0A00010B:SSL routines::wrong version number", "not-tls",
            .theirs
        ),
        Case(.makeJoin, .tls, nil, nil, "SSL routines::sslv3 alert handshake failure", "tls", .theirs),
        Case(
            .discovery, .name, nil, nil, "_matrix._tcp.a: its SRV record says that there is no such service",
            "srv-no-service", .dns),
        Case(.verify, .check, nil, nil, "the answer has no create event", "auth-chain-broken", .theirs),
        Case(.verify, .check, nil, nil, "the answer has 2 different create events", "room-not-genuine", .theirs),
        Case(.verify, .tls, nil, nil, "SSL certificate problem: certificate has expired", "key-server-tls", .theirs),
        Case(.verify, .connect, nil, nil, "failed to connect", "key-server-down", .theirs),
        Case(.verify, .check, nil, nil, "$e, which decides our join: not signed by a", "room-not-genuine", .theirs),
        Case(
            .verify, .check, nil, nil, "the auth rules refuse our join by the state that came back: rule 4.3.7: no",
            "auth-rules-refuse", .theirs),
        Case(
            .verify, .check, nil, nil,
            "$e (m.room.power_levels of @a:b): rejected by rule 9.1: no, which decides our join",
            "auth-event-rejected", .theirs),
        Case(
            .verify, .check, nil, nil,
            "$e (m.room.member of @a:b): not to be judged, since it rests on itself, which decides",
            "auth-chain-broken", .theirs),
        Case(
            .verify, .check, nil, nil, "$d and $e are both the m.room.power_levels of \"\", which decides our join",
            "state-twice", .theirs),
        Case(
            .verify, .check, nil, nil, "$e, which decides our join: no key ed25519:a of b that was valid then",
            "key-not-published", .theirs),
        Case(
            .verify, .check, nil, nil,
            "$e, which decides our join, rests on a key of b that only the resident vouches for",
            "notary-only", .unknown),
        Case(.discovery, .name, nil, nil, "the name server answers SERVFAIL for its SRV record", "srv-failed", .dns),
        Case(.discovery, .timeout, nil, nil, "no name server answers for its SRV record", "srv-failed", .dns),
        Case(.discovery, .name, nil, nil, "name or service not known", "no-address", .dns),
        Case(
            .directory, .connect, nil, nil, "failed to connect to 192.0.2.1 port 8448: Network is unreachable",
            "unreachable-address", .unknown),
        Case(
            .directory, .connect, nil, nil, "failed to connect to 192.0.2.1 port 8448: Connection refused",
            "not-listening",
            .unknown),
        Case(.makeJoin, .timeout, nil, nil, "operation timed out", "timeout", .unknown),
        Case(.sendJoin, .timeout, nil, nil, "operation timed out", "send-join-slow", .theirs),
        Case(
            .makeJoin, .check, nil, nil,
            "the directory answer of a leads to the address 10.0.0.1, which is not public (--allow-address)",
            "address-blocked", .theirs),
    ]

    @Test(arguments: answers + connections)
    func `is told from the words it shows in`(case: Case) throws {
        let found = try #require(Diagnosis.of(`case`.symptom))
        #expect(found.id == `case`.id)
        #expect(found.side == `case`.side)
    }

    @Test func `has an id of its own, at most three hints, and names that are all filled`() {
        #expect(Set(Diagnosis.catalogue.map(\.id)).count == Diagnosis.catalogue.count)
        var names = DiagnosisNames(ServerName("a.example"))
        names.us = "us.example"
        for diagnosis in Diagnosis.catalogue {
            #expect(diagnosis.hints.count <= 3)
            for text in diagnosis.hints + [diagnosis.cause, diagnosis.tool?.rawValue ?? ""] {
                let filled = names.filled(text)
                #expect(!filled.contains("{server}") && !filled.contains("{host}") && !filled.contains("{us}"))
            }
        }
    }

    @Test func `names stand where the templates have them, and other braces stay`() {
        let names = DiagnosisNames(ServerName("a.example:1"))
        #expect(
            names.filled("{server} {host} {place} {port} {\"m.server\"} {")
                == "a.example:1 a.example a.example:1 1 {\"m.server\"} {")
    }

    @Test(arguments: ["x|{touch,y}", "$(x)", "a b", "a'b", "`x`", "a;b"])
    func `no line to copy is made of a name that a shell would act on`(name: String) throws {
        var names = DiagnosisNames(ServerName("a.example"))
        names.host = name
        #expect(names.line(.dig) == nil)
        #expect(names.line(.curl) == nil)
        names.host = "a_1.example"
        #expect(names.line(.dig)?.contains("a_1.example") == true)
    }

    /// What a real Synapse answered to a joiner's mistakes.
    @Test(.enabled(if: Shared.has("recorded"), "the recorded answers are not there"))
    func `is known for every refusal that was recorded`() throws {
        let probes = try #require(try Shared.json("recorded/probes.json").array)
        var count = 0
        for probe in probes {
            guard let status = probe["status"]?.integer, status >= 400, let name = probe["probe"]?.text else {
                continue
            }
            let stage: Stage = name.hasPrefix("send_join") ? .sendJoin : .makeJoin
            let kind = ErrorAnswer.failureClass(of: status)
            let symptom = Diagnosis.Symptom(
                stage: stage, kind: kind, status: status, errcode: probe["errcode"]?.text,
                words: probe["error"]?.text ?? "")
            #expect(Diagnosis.of(symptom) != nil, "\(name)")
            count += 1
        }
        #expect(count > 30)
    }
}
