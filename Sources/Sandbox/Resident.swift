package import Federation
package import Matrix

/// A resident homeserver on loopback over HTTPS, with rooms that work, rooms that lie and rooms that keep a joiner out:
/// for the demo, for rehearsals and for tests.
///
/// It checks what a homeserver checks: each request's signature over the target as sent, and each event's form, hash,
/// signature and place in the room.
package final class Resident: Sendable {
    private struct State {
        var rooms: Rooms
        var requests: [Text] = []
    }

    package let name: ServerName
    private let server: HTTPSServer
    private let core: Core
    /// Its rooms, in the order to show them.
    package static var aliases: [SandboxAlias] { Rooms.aliases }

    package let port: Int

    /// Starts it on a free port of 127.0.0.1, which is its name, too, where `name` is nil. `keys` says which keys other
    /// servers have, and may block; `notice` hears of every request. Both are called on threads of the server's.
    package init(
        name: ServerName? = nil, certificate: TLSIdentity, keys: @escaping KeySource,
        notice: @escaping @Sendable (KeyServer.Visit) -> Void = { _ in }
    ) throws {
        let late = Late()
        server = try HTTPSServer(
            listen: SocketPlace(address: "127.0.0.1", port: 0), identity: certificate
        ) { request in
            let answer =
                late.core?.answer(request) ?? .json(503, ["errcode": "M_UNKNOWN", "error": "not ready"])
            notice(KeyServer.Visit(request, answered: answer.status))
            return answer
        }
        port = server.port
        guard let name = name ?? ServerName(Text("127.0.0.1:\(port)")), let key = RoomKey(),
            let rooms = Rooms(of: name, key: key)
        else {
            throw ServerError(kind: .listen, description: "no name for the sandbox")
        }
        self.name = name
        core = Core(name: name, key: key, keys: keys, rooms: rooms)
        late.core = core
    }

    package func stop() { server.stop() }

    /// `METHOD /path` of every request that came in, oldest first.
    package var requests: [Text] { core.requests }

    /// What `user`'s membership in the room of `alias` is, as the room's state has it.
    package func membership(
        of user: UserID, in alias: Text
    ) -> (membership: Text, event: EventID, content: JSON.Object)? {
        core.membership(of: user, in: alias)
    }

    /// The name and the rooms are known only when the port is: requests before that find nothing.
    private final class Late: Sendable {
        private let state = Locked<Core?>(nil)
        var core: Core? {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    /// What answers, apart from the server that listens.
    private final class Core: Sendable {
        private let endpoints: Endpoints
        private let state: Locked<State>

        init(name: ServerName, key: RoomKey, keys: @escaping KeySource, rooms: Rooms) {
            endpoints = Endpoints(name: name, key: key, keys: keys)
            state = Locked(State(rooms: rooms))
        }

        var requests: [Text] { state.withLock { $0.requests } }

        func answer(_ request: ServerRequest) -> ServerAnswer {
            let path = request.target.split(at: "?")?.before ?? request.target
            state.withLock { $0.requests.append(Text("\(request.method) \(path)")) }
            do throws(Denial) {
                if let answer = try endpoints.open(request, path) { return answer }
                // The key of the asking server is fetched outside of the lock: that takes a request of its own.
                let call = try endpoints.call(request, path)
                let outcome = state.withLock { state -> Result<ServerAnswer, Denial> in
                    do throws(Denial) {
                        return .success(try endpoints.answer(call, &state.rooms))
                    } catch {
                        return .failure(error)
                    }
                }
                return try outcome.get()
            } catch {
                return error.answer
            }
        }

        func membership(of user: UserID, in alias: Text) -> (membership: Text, event: EventID, content: JSON.Object)? {
            state.withLock { state in
                guard let id = state.rooms.id(of: alias), let room = state.rooms[id],
                    let event = room.state[SandboxRoom.StateKey(type: "m.room.member", key: user.text)],
                    let membership = event.content["membership"]?.text
                else { return nil }
                return (membership, event.id, event.content)
            }
        }
    }
}
