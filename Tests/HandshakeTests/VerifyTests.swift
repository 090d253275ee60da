import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake

/// What of a room fails a join, and what is only listed.
@Suite struct VerifyTests {
    /// A room that fails the join, and words of the reason.
    struct Fault: CustomTestStringConvertible {
        let testDescription: String
        let words: String
        let version: RoomVersion
        let change: @Sendable (inout FakeResident) -> Void

        init(
            _ description: String, _ words: String, _ version: RoomVersion = .v11,
            _ change: @escaping @Sendable (inout FakeResident) -> Void
        ) {
            testDescription = "\(description) (\(version.id))"
            self.words = words
            self.version = version
            self.change = change
        }

        /// Whether the answer lacks something, rather than having what is wrong.
        var isGap: Bool { words == "no create event" || words == "which authorises our join" }
    }

    private static let server = FakeResident.resident
    private static let rooms: [RoomVersion] = [.v1, .v3, .v4, .v6, .v8, .v10, .v11, .v12]

    static let faults: [Fault] =
        rooms.flatMap { version in
            [
                Fault("two create events", "2 different create events", version) { resident in
                    let second = JSON.object(resident.room.secondCreate)
                    resident.answering = { $0.changing("state") { $0.appending(second) } }
                },
                Fault("a second create event in the chain", "2 different create events", version) { resident in
                    let second = JSON.object(resident.room.secondCreate)
                    resident.answering = { $0.changing("auth_chain") { $0.appending(second) } }
                },
                Fault("no create event", "no create event", version) { $0.room.remove($0.room.create) },
                Fault("a create event with a bad signature", "is wrong", version) { resident in
                    resident.room.tamper(with: resident.room.create) {
                        $0["signatures"] = Self.wrong(Self.server)
                    }
                },
                Fault("an unsigned create event", "not signed by resident.example:8448", version) { resident in
                    resident.room.tamper(with: resident.room.create) { $0["signatures"] = nil }
                },
                Fault("another event than ours", "another event than ours came back", version) { resident in
                    let other = JSON.object(resident.room.state[1].event)
                    resident.answering = { $0.changing("event") { _ in other } }
                },
                Fault("our event without its signature", "not signed by joiner.example:8448", version) { resident in
                    resident.answering = { $0.changing("event") { $0.changing("signatures", to: [:]) } }
                },
                Fault("a list as our event", "not valid", version) { resident in
                    resident.answering = { $0.changing("event") { _ in [] } }
                },
                Fault("no power levels", "which authorises our join", version) { resident in
                    let levels = resident.room.state[2].id
                    resident.room.remove(levels)
                },
                Fault("power levels of another hand", "is wrong", version) { resident in
                    let levels = resident.room.state[2].id
                    resident.room.tamper(with: levels) { $0["signatures"] = Self.wrong(Self.server) }
                },
            ]
        } + [
            Fault("a create event of another version", "is of room version \"10\"") { resident in
                let id = resident.room.create
                resident.room.tamper(with: id) { $0["content"] = ["room_version": "10"] }
            },
            Fault("a create event that says nothing of its version", "is of room version \"1\"") { resident in
                let id = resident.room.create
                resident.room.tamper(with: id) { $0["content"] = [:] }
            },
            Fault("a version that is no string", "is of room version \"\"") { resident in
                let id = resident.room.create
                resident.room.tamper(with: id) { $0["content"] = ["room_version": 11] }
            },
            Fault("a create event that does not make the room's id", "makes another room", .v12) { resident in
                let id = resident.room.create
                resident.room.tamper(with: id) { $0["origin_server_ts"] = 7 }
            },
            Fault("a create event of another room", "makes another room") { resident in
                let id = resident.room.create
                resident.room.tamper(with: id) { $0["room_id"] = "!other:resident.example:8448" }
            },
            Fault("a create event of version 12 with a room id", "no create event", .v12) { resident in
                let (id, room) = (resident.room.create, resident.room.roomID)
                resident.room.tamper(with: id) { $0["room_id"] = .string(room.text) }
            },
            Fault("our event with another content", "came back with another content", .v1) { resident in
                resident.answering = {
                    $0.changing("event") { $0.changing("content", "displayname", to: "Mallory") }
                }
            },
            Fault("our event with another content and its hash", "is wrong", .v1) { resident in
                resident.answering = { answer in
                    answer.changing("event") { event in
                        let changed = event.changing("content", "displayname", to: "Mallory")
                        guard let object = changed.object, let hash = try? EventHashes.content(object, .v1) else {
                            return event
                        }
                        return changed.changing("hashes", "sha256", to: .string(Base64.encode(hash)))
                    }
                }
            },
            Fault("our event with another content and its hash", "another event than ours", .v11) { resident in
                resident.answering = { answer in
                    answer.changing("event") { $0.changing("hashes", "sha256", to: "AAAA") }
                }
            },
            Fault("two create events of one id", "different events bear the id $event0:", .v1) { resident in
                var second = resident.room.state[0].event
                second["content"] = ["creator": "@mallory:resident.example:8448", "room_version": "1"]
                second["signatures"] = nil
                let signed = JSON.object(server.signed(event: second, .v1))
                resident.answering = { $0.changing("auth_chain") { $0.appending(signed) } }
            },
            Fault("a create event whose content is not what was hashed", "is not what was hashed", .v1) { resident in
                let id = resident.room.create
                resident.room.tamper(with: id) { $0["content"] = ["creator": "@a:b", "room_version": "1", "x": 1] }
            },
        ]

    /// A signature of 64 bytes that nobody made.
    private static func wrong(_ server: FakeServer) -> JSON {
        let signature = Base64.encode([UInt8](repeating: 1, count: 64))
        return .object([server.name.text: .object([server.keyID.text: .string(signature)])])
    }

    @Test(arguments: faults)
    func `what decides the join fails it`(fault: Fault) async throws {
        var harness = try Harness(fault.version)
        fault.change(&harness.resident)
        let run = await harness.join()
        #expect(run.failure?.exit == 99)
        #expect(run.failure?.message.contains(fault.words) == true, "\(run.failure?.message ?? "no failure")")
        #expect(run.failure?.side == .theirs)
        #expect(run.failure?.hints.first?.id == (fault.isGap ? "auth-chain-broken" : "room-not-genuine"))
        #expect(run.facts.sent == true)
        #expect(run.facts.joined == true)
        #expect(run.facts.verified == false)
    }

    static let sources: [(TransportError.Kind, Int)] = [
        (.tls, 93), (.timeout, 94), (.connect, 92), (.name, 91),
    ]

    @Test(arguments: sources)
    func `where the deciding keys cannot be had, the reason's class decides`(
        kind: TransportError.Kind, exit: Int
    ) async throws {
        let run = await (try Harness()).join { request throws(TransportError) in
            if request.path == "/_matrix/key/v2/server", request.hostHeader == "resident.example:8448" {
                throw .fake(kind)
            }
            return nil
        }
        #expect(run.failure?.exit == exit)
        #expect(run.failure?.server == FakeResident.resident.name)
        #expect(run.failure?.hints.first?.id == (kind == .tls ? "key-server-tls" : "key-server-down"))
    }

    @Test func `a run that is cancelled while keys are fetched judges nothing`() async throws {
        let harness = try Harness()
        let (start, begin) = AsyncStream.makeStream(of: Void.self)
        let running = Locked<Task<Harness.Run, Never>?>(nil)
        let task = Task {
            for await _ in start {}
            return await harness.join { request throws(TransportError) in
                guard request.path.hasPrefix("/_matrix/key/"), request.hostHeader == "resident.example:8448" else {
                    return nil
                }
                running.withLock { $0?.cancel() }
                throw .fake(.cancelled)
            }
        }
        running.withLock { $0 = task }
        begin.finish()
        let run = await task.value
        // The task holds what it is held by.
        running.withLock { $0 = nil }
        #expect(run.failure?.exit == 90)
        #expect(run.failure?.message == "cancelled")
        #expect(run.book.checks.filter { $0.stage == .verify && $0.result != .pass }.isEmpty)
        #expect(run.book.results("signatures").isEmpty)
        #expect(run.facts.joined == true)
        #expect(run.facts.verified == false)
    }

    @Test func `a key document of the resident that is not valid counts as a failed check`() async throws {
        let run = await (try Harness()).join { request in
            request.path == "/_matrix/key/v2/server" && request.hostHeader == "resident.example:8448"
                ? .json(.object(FakeResident.resident.keys)) : nil
        }
        #expect(run.failure?.exit == 99)
    }
}

extension JSON.Object {
    /// The same object with what `change` makes of one of its values.
    fileprivate func changing(_ key: Text, _ change: (JSON) -> JSON) -> JSON.Object {
        var changed = self
        changed[key] = change(self[key] ?? .null)
        return changed
    }
}
