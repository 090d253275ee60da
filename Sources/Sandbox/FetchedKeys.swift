internal import Dispatch
package import Federation
package import Matrix
internal import Synchronization

/// Fetches other servers' keys as a homeserver does: found by their names, asked over HTTPS, kept.
package final class FetchedKeys: Sendable {
    private let transport: any Transport
    private let kept = Mutex<[ServerName: [KeyID: KnownKey]]>([:])

    package init(_ transport: any Transport) { self.transport = transport }

    /// The keys of `server`, none where they cannot be had. Blocks: for a server's own threads, not for a task.
    package func keys(of server: ServerName) -> [KeyID: KnownKey] {
        if let known = kept.withLock({ $0[server] }) { return known }
        let box = Box()
        // The one unstructured task: a thread of libmicrohttpd's waits for it, which no task can.
        Task.detached { [self] in
            let keys = await fetch(server)
            box.found.withLock { $0 = keys }
            box.done.signal()
        }
        box.done.wait()
        let keys = box.found.withLock { $0 }
        if !keys.isEmpty { kept.withLock { $0[server] = keys } }
        return keys
    }

    private final class Box: Sendable {
        let found = Mutex<[KeyID: KnownKey]>([:])
        let done = DispatchSemaphore(value: 0)
    }

    private func fetch(_ server: ServerName) async -> [KeyID: KnownKey] {
        guard let destination = try? await Discovery(transport: transport).resolve(server) else { return [:] }
        var request = Request(
            .get, "/_matrix/key/v2/server", host: destination.certificateHost, port: destination.port)
        request.hostHeader = destination.hostHeader
        guard let response = try? await transport.send(request), response.status == 200,
            let document = try? JSON(parsing: response.body.bytes)
        else { return [:] }
        return (try? ServerKeys(document, of: server).keys) ?? [:]
    }
}
