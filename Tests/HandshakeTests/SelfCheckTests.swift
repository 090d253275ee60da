import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

@Suite struct SelfCheckTests {
    private static let keyPath = "/_matrix/key/v2/server"
    private static let versionPath = "/_matrix/federation/v1/version"

    /// What the stage alone came to.
    private func check(
        _ harness: Harness, leaked: Set<VerifyKey> = VerifyKey.leaked, _ override: @escaping FakeResident.Override
    ) async -> (failure: Failure?, asked: [String]) {
        let transport = harness.resident.transport(override)
        do throws(Failure) {
            var stage = SelfCheck(harness.request, harness.network(transport))
            stage.leaked = leaked
            try await stage.run(harness.book.journal)
            return (nil, transport.asked)
        } catch {
            return (error, transport.asked)
        }
    }

    private func answering(_ path: String, _ response: Response) -> FakeResident.Override {
        { $0.path == path ? response : nil }
    }

    @Test func `our key, as it is published, passes`() async throws {
        let harness = try Harness()
        let (failure, _) = await check(harness) { _ in nil }
        #expect(failure == nil)
        #expect(harness.book.results("own_key") == [.pass])
    }

    @Test(arguments: [TransportError.Kind.name, .connect, .timeout, .reset])
    func `a key that cannot be reached from here is a warning, and the run goes on`(
        kind: TransportError.Kind
    ) async throws {
        let run = await (try Harness()).join { request throws(TransportError) in
            guard request.hostHeader == FakeResident.joiner.name.text.string else { return nil }
            throw .fake(kind)
        }
        #expect(run.failure == nil)
        #expect(run.book.results("own_key") == [.warn])
        #expect(run.facts.warnings == 1)
        #expect(run.facts.joined == true)
    }

    @Test func `a name of ours that has no address is a warning`() async throws {
        var harness = try Harness()
        harness.resolver = .table(["resident.example": ["192.0.2.1"]])
        let run = await harness.join()
        #expect(run.failure == nil)
        #expect(run.book.results("own_key") == [.warn])
    }

    struct Stop: CustomTestStringConvertible {
        let testDescription: String
        let exit: Int
        let answer: @Sendable () throws(TransportError) -> Response
    }

    private static let other = FakeServer("joiner.example:8448", generation: 1)

    private static func document(_ change: (inout JSON.Object) -> Void) -> Response {
        var keys = FakeResident.joiner.keys
        change(&keys)
        return .json(.object(FakeResident.joiner.signed(keys)))
    }

    private static let stops: [Stop] = [
        Stop(testDescription: "404 with an errcode", exit: 17) { .error(404, "M_NOT_FOUND") },
        Stop(testDescription: "404 of a web server", exit: 17) { .text("<h1>no</h1>", status: 404) },
        Stop(testDescription: "a certificate that fails", exit: 13) { () throws(TransportError) in throw .fake(.tls) },
        Stop(testDescription: "another key id", exit: 19) { .json(other.keyDocument) },
        Stop(testDescription: "another key under the same id", exit: 19) {
            var keys = FakeResident.joiner.keys
            let id = FakeResident.joiner.keyID
            keys["verify_keys"] = .object([
                id.text: ["key": .string(other.publicKey.base64)],
                other.keyID.text: ["key": .string(other.publicKey.base64)],
            ])
            return .json(.object(other.signed(keys)))
        },
        Stop(testDescription: "unsigned", exit: 19) { .json(.object(FakeResident.joiner.keys)) },
        Stop(testDescription: "no longer valid", exit: 19) { document { $0["valid_until_ts"] = 1 } },
        Stop(testDescription: "of another server", exit: 19) { document { $0["server_name"] = "other.example" } },
        Stop(testDescription: "HTML", exit: 15) { .text("<h1>hello</h1>") },
        Stop(testDescription: "a redirect", exit: 15) { .text("", status: 302) },
        Stop(testDescription: "500", exit: 18) { .text("", status: 500) },
        Stop(testDescription: "403", exit: 16) { .error(403, "M_FORBIDDEN") },
    ]

    @Test(arguments: stops)
    func `what makes others disbelieve us stops the run, as our fault`(stop: Stop) async throws {
        let run = await (try Harness()).join { request throws(TransportError) in
            guard request.path == Self.keyPath, request.hostHeader == "joiner.example:8448" else { return nil }
            return try stop.answer()
        }
        #expect(run.failure?.exit == stop.exit)
        #expect(run.failure?.side == .ours)
        #expect(run.book.stagesBegun == [.identity])
        #expect(run.transport.puts.isEmpty)
    }

    private static let synapse = Response.json(["server": ["name": "Synapse", "version": "1.0"]])

    @Test func `a homeserver under our name stops a join`() async throws {
        let harness = try Harness()
        let run = await harness.join { $0.path == Self.versionPath ? Self.synapse : nil }
        #expect(run.failure?.exit == 64)
        #expect(run.failure?.kind == .usage)
        #expect(run.failure?.message.contains("Synapse 1.0") == true)
        #expect(run.transport.puts.isEmpty)
        #expect(run.book.stagesBegun == [.identity])
    }

    @Test func `a homeserver under our name stops a forced join not at all`() async throws {
        var harness = try Harness()
        harness.request.isForced = true
        let run = await harness.join { $0.path == Self.versionPath ? Self.synapse : nil }
        #expect(run.failure == nil)
        #expect(run.book.results("homeserver") == [.warn])
    }

    @Test func `nor a run that changes nothing`() async throws {
        var harness = try Harness()
        harness.request.stopAfter = .sign
        let run = await harness.join { $0.path == Self.versionPath ? Self.synapse : nil }
        #expect(run.end?.stoppedAfter == .sign)
        #expect(run.book.results("homeserver") == [.pass])
    }

    @Test func `our own server is no homeserver that would not know of the join`() async throws {
        let harness = try Harness()
        let own = Response.json(["server": ["name": "fedjoin", "version": "1"]])
        let (failure, _) = await check(harness, answering(Self.versionPath, own))
        #expect(failure == nil)
    }

    @Test func `nothing is asked where the check is left out`() async throws {
        var harness = try Harness()
        harness.request.checksSelf = false
        let (failure, asked) = await check(harness) { _ in nil }
        #expect(failure == nil)
        #expect(asked == [])
    }

    @Test func `a key that leaked stops the run, as our fault`() async throws {
        let harness = try Harness()
        let (failure, _) = await check(harness, leaked: [FakeResident.joiner.identity.key.publicKey]) { _ in nil }
        #expect(failure?.exit == 19)
        #expect(failure?.side == .ours)
        #expect(failure?.hints.first?.id == "key-banned")
    }

    @Test func `a resident that cannot fetch our key is told of a certificate made at start`() async throws {
        var harness = try Harness()
        try harness.askByID()
        harness.request.servesThrowawayCertificate = true
        let run = await harness.join { request throws(TransportError) in
            let words: Text = "Failed to find any key to satisfy: x"
            return request.path.contains("make_join") ? .error(401, "M_UNAUTHORIZED", words) : nil
        }
        let hint = try #require(run.failure?.hints.first)
        #expect(hint.id == "own-key-unreachable")
        #expect(hint.text.contains("--tls-cert"), "\(hint.text)")
        #expect(run.failure?.hints.contains { $0.text.hasPrefix("--serve-keys") } == false)
        let place = FakeResident.joiner.name
        #expect(run.failure?.command == "curl -v 'https://\(place)/_matrix/key/v2/server'")
    }

    @Test func `a certificate made at start is a warning`() async throws {
        var harness = try Harness()
        harness.request.servesThrowawayCertificate = true
        _ = await check(harness) { _ in nil }
        #expect(harness.book.results("own_certificate") == [.warn])
    }

    @Test(arguments: [
        (29_000, "0m"), (3_540_000, "59m"), (3_600_000, "1h 0m"), (86_399_000, "1d 0h"), (604_760_000, "6d 23h"),
    ])
    func `the rest of a key's validity is said in two units`(milliseconds: Int, words: String) {
        #expect(SelfCheck.span(milliseconds) == words)
    }
}
