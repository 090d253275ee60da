import Matrix
import TestSupport
import Testing

@testable import Federation
@testable import Handshake

/// What is read of an answer does not depend on how it arrives.
@Suite(.timeLimit(.minutes(5))) struct RoomReadingTests {
    /// A room of more events than are read at once: its state, and of that and of what was before it the auth chain.
    private struct Room {
        let id: RoomID
        let state: [String]
        let chain: [String]

        /// The answer, its lists in the order that is asked for.
        func answer(_ lists: [Text] = ["state", "auth_chain"]) -> [UInt8] {
            let parts = lists.map { "\"\($0)\": [\((($0 == "state") ? state : chain).joined(separator: " ,\n"))]" }
            return Array("{ \"origin\":\"x\",\(parts.joined(separator: ",")), \"members_omitted\":false}".utf8)
        }
    }

    private static let version = RoomVersion.v11
    private static let neighbour = FakeServer("neighbour.example:8448")

    private static let room: Room = {
        var builder = RoomBuilder(version, FakeResident.resident)
        for i in 0..<640 {
            let user = neighbour.user(Text("u\(i % 600)"))
            builder.add("m.room.member", user.text, ["membership": i < 40 ? "invite" : "join"], signer: neighbour) {
                $0["sender"] = .string(user.text)
                $0["depth"] = .integer(i + 10)
            }
        }
        let texts = builder.state.map { String(decoding: JSON.object($0.event).compact, as: UTF8.self) }
        let (old, state) = (texts[4..<44], texts[..<4] + texts[44...])
        return Room(id: builder.roomID, state: Array(state), chain: Array(state.reversed().prefix(560)) + old)
    }()

    private static let keys: KeyPolicy = {
        var policy = KeyPolicy()
        policy.given = [FakeResident.resident, neighbour].compactMap { try? ServerKeys($0.keyDocument, of: $0.name) }
        return policy
    }()

    /// What of an event has to be the same.
    private struct Seen: Equatable {
        let id: EventID
        let isOfState: Bool
        let range: Range<Int>
        let isValid: Bool
    }

    private func seen(_ events: RoomEvents) -> [Seen] {
        events.all.map { event in
            Seen(id: event.id, isOfState: event.isOfState, range: event.range, isValid: event.fault == nil)
        }
    }

    /// Appends `bytes` in pieces of `size`, and tells of each.
    private func arrive(_ bytes: [UInt8], by size: Int, _ watch: BodyWatch) throws -> Blob {
        let blob = try #require(Blob(limit: bytes.count))
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = bytes[start..<min(start + size, bytes.count)]
            #expect(piece.withUnsafeBytes { blob.append($0) })
            watch.arrived(blob)
        }
        return blob
    }

    /// Reads `bytes`, which arrives in pieces of `size` while it is read; before it, what broke off.
    private func read(
        _ bytes: [UInt8], by size: Int, cores: Int = 2, policy: KeyPolicy = keys, after broken: [[UInt8]] = []
    ) async throws -> RoomEvents {
        let reading = RoomReading(Self.version, room: Self.room.id)
        async let events = collect(reading, policy, cores: cores)
        for first in broken { _ = try arrive(first, by: size, reading.watch) }
        let blob = try arrive(bytes, by: size, reading.watch)
        do { _ = try reading.finish(blob) } catch {
            reading.giveUp()
            throw error
        }
        return await events.0
    }

    private func collect(
        _ reading: RoomReading, _ policy: KeyPolicy = keys, cores: Int = 2, _ fetch: KeyRing.Fetch? = nil
    ) async -> (RoomEvents, KeyRing) {
        var ring = KeyRing(policy, us: nil)
        let events = await reading.events(&ring, fetch, cores: cores)
        return (events, ring)
    }

    @Test(arguments: [["state", "auth_chain"], ["auth_chain", "state"]] as [[Text]])
    func `the same events come in the same order, by whatever pieces and cores`(lists: [Text]) async throws {
        let bytes = Self.room.answer(lists)
        let whole = seen(try await read(bytes, by: bytes.count))
        #expect(whole.count == 644)
        #expect(whole.prefix(604).allSatisfy { $0.isOfState }, "the state first, and what is in both lists is of it")
        #expect(whole.dropFirst(604).allSatisfy { !$0.isOfState })
        #expect(whole.allSatisfy { $0.isValid })
        for size in [16_384, 150_000, 250_000] {
            #expect(seen(try await read(bytes, by: size)) == whole, "in pieces of \(size)")
        }
        // Without keys nothing is verified, which is the longest part.
        for run in 0..<25 {
            let events = try await read(bytes, by: 40_000 + run * 1001, cores: 2 + run % 7, policy: KeyPolicy())
            #expect(seen(events) == whole, "run \(run)")
        }
    }

    @Test func `an event that stands in both lists is verified once`() async throws {
        let bytes = Self.room.answer()
        let events = try await read(bytes, by: 50_000)
        let signed = events.all.count { if case .valid = $0.signatures { true } else { false } }
        // Whichever copy was first was verified; where that was the one that is not kept, the other one is pending.
        #expect(events.all.allSatisfy { $0.fault == nil })
        #expect(signed >= 84, "at least what is in one list alone")
    }

    @Test func `a body that broke off leaves nothing behind`() async throws {
        let bytes = Self.room.answer()
        let whole = seen(try await read(bytes, by: 50_000))
        let half = Array(bytes.prefix(bytes.count * 9 / 10))
        #expect(seen(try await read(bytes, by: 50_000, after: [half])) == whole)
        #expect(seen(try await read(bytes, by: 50_000, after: [half, bytes, Array(half.prefix(9))])) == whole)
    }

    @Test func `neither does one whose events were others, or that was no JSON`() async throws {
        let other = Array(
            String(decoding: Self.room.answer(), as: UTF8.self).replacing("\"depth\":", with: "\"depth\":9").utf8)
        let empty = Array(#"{"state":[],"auth_chain":[]}"#.utf8)
        #expect(try await read(empty, by: 9, after: [other]).count == 0)
        let few = Array("{\"state\":[\(Self.room.state[0])],\"auth_chain\":[]}".utf8)
        let broken = [other, Array("<html>".utf8), Array(#"{"state":{}}"#.utf8)]
        #expect(try await read(few, by: 100, after: broken).all.map(\.isOfState) == [true])
    }

    @Test func `what is no event is listed with where it lies, the state's first`() async throws {
        let (good, bytes) = (Self.room.state[0], "{\"auth_chain\":[7],\"state\":[{},GOOD, \"x\"]}")
        let document = Array(bytes.replacing("GOOD", with: good).utf8)
        for size in [3, document.count] {
            let events = try await read(document, by: size)
            #expect(events.count == 1)
            let offset = 32 + good.utf8.count
            #expect(
                events.malformed == [
                    "the event at byte 27: type is missing", "the event at byte \(offset): it is not an object",
                    "the event at byte 15: it is not an object",
                ])
        }
    }

    @Test func `an answer that is none fails where it goes wrong`() async throws {
        for (document, problem) in [
            (#"{"state":[]}"#, "auth_chain is missing at byte 12"),
            (#"{"auth_chain":[]}"#, "state is missing at byte 17"),
            (#"{"state":[],"auth_chain":[]"#, "a value is cut off at byte 27"),
            (#"{"state":[],"auth_chain":{}}"#, "a list is due at byte 25"), ("", "a value is cut off at byte 0"),
        ] {
            let failure = await #expect(throws: JSONError.self) { try await read(Array(document.utf8), by: 4) }
            #expect(failure?.description == problem)
        }
    }

    @Test func `more than half a million events are too many`() throws {
        let scanner = SendJoinAnswer.self
        func answer(_ count: Int) -> Blob {
            Blob(Array("{\"state\":[\(String(repeating: "1,", count: count - 1))1],\"auth_chain\":[]}".utf8))
        }
        #expect(try scanner.init(cutting: answer(500_000), isV1: false).state.count == 500_000)
        let failure = #expect(throws: JSONError.self) { try scanner.init(cutting: answer(500_001), isV1: false) }
        #expect(failure?.problem == "there are more than 500000 elements")
    }

    @Test func `without an answer there are no events`() async {
        let reading = RoomReading(Self.version, room: nil)
        reading.giveUp()
        #expect(await collect(reading).0.count == 0)
    }

    @Test func `keys are asked for while events arrive, each server's once`() async throws {
        let asked = Locked<[ServerName]>([])
        let reading = RoomReading(Self.version, room: Self.room.id)
        let bytes = Self.room.answer()
        let blob = try #require(Blob(limit: bytes.count))
        #expect(bytes.prefix(bytes.count - 1).withUnsafeBytes { blob.append($0) })
        reading.watch.arrived(blob)
        let (events, ring) = await collect(reading, KeyPolicy()) { server in
            let isLast = asked.withLock { names in
                names.append(server)
                return names.count == 2
            }
            // The end comes when both were asked.
            if isLast {
                _ = bytes.suffix(1).withUnsafeBytes { blob.append($0) }
                _ = try? reading.finish(blob)
            }
            return .failure(Failure(.verify, .connect, "nobody is there", server: server))
        }
        #expect(events.count == 644)
        #expect(Set(asked.withLock { $0 }) == [FakeResident.resident.name, Self.neighbour.name])
        #expect(asked.withLock { $0.count } == 2)
        #expect(ring.failures.count == 2)
    }

    @Test func `version 1's pair is read when it is whole`() async throws {
        let bytes = Array("[200,".utf8) + Self.room.answer() + Array("]".utf8)
        let reading = RoomReading(Self.version, room: Self.room.id)
        let answer = try reading.finish(Blob(bytes), isV1: true)
        #expect(answer.state.count == 604)
        let events = await collect(reading).0
        #expect(events.all.filter(\.isOfState).count == 604)
    }
}
