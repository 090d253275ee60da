import Federation
import Matrix
import Sandbox
import TestSupport
import Testing

@testable import Handshake

/// Joins of the sandbox's rooms that fail, over real TLS: what a script that is rehearsed against them sees.
@Suite struct SandboxTroubleTests {
    struct Case: CustomTestStringConvertible {
        let alias: String
        let exit: Int
        /// The status of the answer that decided, and its errcode; nil where none did.
        let status: Int?
        let errcode: Text?
        let words: String?
        /// The first hint's id.
        let cause: String

        var testDescription: String { alias }

        init(_ alias: String, _ exit: Int, _ status: Int?, _ errcode: Text?, _ words: String?, _ cause: String) {
            self.alias = alias
            self.exit = exit
            self.status = status
            self.errcode = errcode
            self.words = words
            self.cause = cause
        }
    }

    static let cases: [Case] = [
        Case("key-unreachable", 36, 401, "M_UNAUTHORIZED", "Failed to find any key", "own-key-unreachable"),
        Case("key-banned", 36, 401, "M_UNAUTHORIZED", "has been banned by this server", "key-banned"),
        Case("header-stripped", 36, 401, "M_UNAUTHORIZED", "Missing Authorization headers", "header-stripped"),
        Case("wrong-server", 36, 401, "M_UNAUTHORIZED", "Destination mismatch in auth header", "wrong-destination"),
        Case("denied", 36, 403, "M_FORBIDDEN", "Federation denied with 127.0.0.1:", "federation-denied"),
        Case("path-rewritten", 46, 401, "M_UNAUTHORIZED", "Invalid signature for server", "path-rewritten"),
        Case("invite", 46, 403, "M_FORBIDDEN", "You are not invited to this room.", "not-invited"),
        Case("knock", 46, 403, "M_FORBIDDEN", "You are not invited to this room.", "not-invited"),
        Case(
            "knock-restricted", 46, 403, "M_FORBIDDEN", "required rooms/spaces", "restricted-no-membership"),
        Case("banned", 46, 403, "M_FORBIDDEN", "You are banned from this room", "banned"),
        Case("acl", 46, 403, "M_FORBIDDEN", "Server is banned from room", "server-acl"),
        Case("unfederated", 46, 403, "M_FORBIDDEN", "marked as unfederatable.", "unfederated"),
        Case("version", 46, 400, "M_INCOMPATIBLE_ROOM_VERSION", "does not support the features", "room-version"),
        Case("restricted-no", 46, 403, "M_FORBIDDEN", "required rooms/spaces", "restricted-no-membership"),
        Case(
            "restricted-cannot-check", 46, 400, "M_UNABLE_TO_AUTHORISE_JOIN", "Unable to check if @fedjoin:",
            "restricted-cannot-check"),
        Case(
            "restricted-cannot-grant", 46, 400, "M_UNABLE_TO_GRANT_JOIN", "could issue an invite",
            "restricted-cannot-grant"),
        Case("unknown", 47, 404, "M_NOT_FOUND", "Could not find room_version for !", "room-unknown"),
        Case("left", 47, 404, "M_NOT_FOUND", "Not an active room on this server", "left-room"),
        Case("partial", 47, 404, "M_NOT_FOUND", "Unable to handle /make_join right now", "partial-state"),
        Case("limited", 48, 429, "M_LIMIT_EXCEEDED", "Too Many Requests", "rate-limited"),
        Case("limited-once", 48, 429, "M_LIMIT_EXCEEDED", "Too Many Requests", "rate-limited"),
        Case("send-limited-once", 88, 429, "M_LIMIT_EXCEEDED", "Too Many Requests", "rate-limited"),
        Case("no-federation", 37, 404, "M_UNRECOGNIZED", "Unrecognized request", "no-federation"),
        Case("server-error", 48, 500, "M_UNKNOWN", "Internal server error", "server-error"),
        Case("gateway", 48, 502, nil, nil, "gateway"),
        Case("html", 45, 404, nil, nil, "html-instead-of-json"),
        Case("nobody", 39, nil, nil, nil, "no-candidates"),
        Case("dead", 42, nil, nil, nil, "not-listening"),
        Case("rejected", 86, 403, "M_FORBIDDEN", "join event was rejected", "join-rejected"),
        Case("policy-refused", 86, 403, "M_FORBIDDEN", "rejected as probable spam", "policy-refused"),
        Case("send-partial", 87, 404, "M_NOT_FOUND", "Unable to handle /send_join right now", "partial-state"),
        Case("cut", 82, nil, nil, nil, "joined-unseen"),
        Case("no-create", 99, nil, nil, nil, "auth-chain-broken"),
        Case("no-power-levels", 99, nil, nil, nil, "auth-chain-broken"),
        Case("orphaned", 92, nil, nil, nil, "key-server-down"),
        Case("forged", 99, nil, nil, nil, "room-not-genuine"),
        Case("auth-rules", 99, nil, nil, nil, "auth-rules-refuse"),
        Case("state-twice", 99, nil, nil, nil, "state-twice"),
    ]

    @Test(arguments: cases)
    func `a join of the room fails as the sandbox says, in a homeserver's words`(case: Case) async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let (failure, journal) = try await join(world, `case`.alias)
        let found = try #require(failure)
        #expect(found.exit == `case`.exit)
        #expect(found.answer?.status == `case`.status)
        #expect(found.answer?.errcode == `case`.errcode)
        if let words = `case`.words { #expect(found.answer?.message?.string.contains(words) == true) }
        #expect(found.hints.first?.id == `case`.cause)
        #expect(Resident.aliases.first { $0.name == `case`.alias }?.exit == `case`.exit)
        #expect((journal.facts.sent == false) == (`case`.exit < 80))
    }

    @Test func `every room that fails is tried here, and every other can be joined`() throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let others = Resident.aliases.filter { !$0.name.hasPrefix("lie-") }
        #expect(Set(others.filter { $0.exit != 0 }.map(\.name)) == Set(Self.cases.map(\.alias)))
        #expect(
            others.filter { $0.exit == 0 }.map(\.name) == RoomVersion.all.map { "v\($0.id)" } + [
                "restricted", "policy", "ghost", "gap", "odd-event",
            ])
    }

    @Test(arguments: [
        ("policy", "policy_server", "does not bear the signature"), ("odd-event", "format", "no canonical form"),
        ("ghost", "dead_servers", "1 event hangs on 1 server whose keys nobody has: 127.0.0.1:1 (1)"),
        ("gap", "auth_chain", "of the events that our join rests on 1 was not in the answer; 127.0.0.1:"),
    ])
    func `a room that only makes us warn is joined`(alias: String, name: String, words: String) async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let (failure, journal) = try await join(world, alias)
        #expect(failure == nil)
        #expect(journal.facts.verified == true)
        let warnings = world.records.compactMap { record -> Check? in
            guard case .check(let check) = record.event, check.result == .warn else { return nil }
            return check
        }
        #expect(warnings.contains { $0.check == name && $0.detail.contains(words) }, "\(warnings.map(\.detail))")
    }

    @Test(arguments: ["limited-once", "send-limited-once"])
    func `a room that is limited for a second is joined when tried again, by the same event`(
        alias: String
    ) async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let (failure, journal) = try await join(world, alias, retries: Retries(most: 1))
        #expect(failure == nil)
        #expect(journal.facts.joined == true)
        let puts = world.resident.requests.filter { $0.hasPrefix("PUT ") }
        #expect(Set(puts).count == 1)
        #expect(puts.count == (alias == "limited-once" ? 1 : 2))
        #expect(world.resident.membership(of: world.user, in: world.alias(alias))?.membership == "join")
    }

    @Test func `an answer that was broken off leaves us joined there, as it says when asked`() async throws {
        let world = try SandboxWorld()
        defer { world.stop() }
        let (_, journal) = try await join(world, "cut")
        #expect(!journal.facts.isUnsettled)
        #expect(journal.facts.joined == true)
        #expect(journal.facts.verified == nil)
        #expect(world.resident.membership(of: world.user, in: world.alias("cut"))?.membership == "join")
    }

    /// What a real Synapse said, by the alias of the room that says the same.
    private static let recorded: [(alias: String, scenario: Text)] = [
        ("invite", "invite_only"), ("knock", "knock_only"), ("banned", "banned"), ("acl", "acl_denied"),
        ("unfederated", "no_federate"), ("restricted-no", "restricted_no"), ("unknown", "nowhere"),
        ("restricted-cannot-check", "restricted_unable_authorise"), ("version", "version_unsupported"),
    ]

    @Test(.enabled(if: Shared.has("recorded/index.json"), "the recorded answers are not there"), arguments: recorded)
    func `the words are those that were recorded`(alias: String, scenario: Text) async throws {
        let index = try #require(try Shared.json("recorded/index.json").array)
        let entry = try #require(index.first { $0["scenario"]?.text == scenario })
        let world = try SandboxWorld()
        defer { world.stop() }
        let answer = try #require(try await join(world, alias).failure?.answer)
        #expect(answer.status == entry["status"]?.integer)
        #expect(answer.errcode == entry["errcode"]?.text)
        #expect(Self.withoutNames(answer.message) == Self.withoutNames(entry["error"]?.text))
    }

    private static func withoutNames(_ text: Text?) -> [String] {
        (text?.string ?? "").split(separator: " ").map { "@!".contains($0.prefix(1)) ? "NAME" : String($0) }
    }

    private func join(
        _ world: SandboxWorld, _ alias: String, retries: Retries = Retries()
    ) async throws -> (failure: Failure?, journal: Journal) {
        let (handshake, journal) = world.handshake(try world.request(alias), retries: retries)
        let ended = await end { () throws(End) in try await handshake.join() }
        return (ended?.failure, journal)
    }
}
