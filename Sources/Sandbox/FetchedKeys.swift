internal import Dispatch
package import Federation
package import Matrix
internal import Synchronization

/// Fetches other servers' keys as a homeserver does: found by their names, asked over HTTPS, kept for a while.
package final class FetchedKeys: Sendable {
    /// Whose keys are fetched, and which certificates count.
    package enum Scope: Sendable {
        /// Anybody's, with a certificate that verifies.
        case everybody
        /// Of names on loopback, whatever their certificate is; nothing is sent elsewhere, not even a DNS query.
        case loopback
    }

    /// A joiner that comes back with another key is believed after so long.
    private static let keptFor = Duration.seconds(20)

    private struct Kept {
        let keys: [KeyID: KnownKey]
        let until: ContinuousClock.Instant
    }

    private let transport: any Transport
    private let scope: Scope
    private let kept = Mutex<[ServerName: Kept]>([:])

    package init(_ transport: any Transport, of scope: Scope = .everybody) {
        self.transport = transport
        self.scope = scope
    }

    /// The keys of `server`, none where they cannot be had. Blocks: for a server's own threads, not for a task.
    package func keys(of server: ServerName) -> [KeyID: KnownKey] {
        if let known = kept.withLock({ $0[server] }), known.until > .now { return known.keys }
        let box = Box()
        // The one unstructured task: a thread of libmicrohttpd's waits for it, which no task can.
        Task.detached { [self] in
            let keys = await fetch(server)
            box.found.withLock { $0 = keys }
            box.done.signal()
        }
        box.done.wait()
        let keys = box.found.withLock { $0 }
        if !keys.isEmpty { kept.withLock { $0[server] = Kept(keys: keys, until: .now + Self.keptFor) } }
        return keys
    }

    private final class Box: Sendable {
        let found = Mutex<[KeyID: KnownKey]>([:])
        let done = DispatchSemaphore(value: 0)
    }

    /// A loopback name without a port would be looked up in DNS.
    private func isInScope(_ server: ServerName) -> Bool {
        switch scope {
        case .everybody: true
        case .loopback: server.isLoopback && (server.isIPLiteral || server.port != nil)
        }
    }

    private func fetch(_ server: ServerName) async -> [KeyID: KnownKey] {
        guard isInScope(server), let destination = try? await Discovery(transport: transport).resolve(server) else {
            return [:]
        }
        var request = Request(
            .get, "/_matrix/key/v2/server", host: destination.certificateHost, port: destination.port)
        request.hostHeader = destination.hostHeader
        // Sooner than whoever waits for our answer gives up.
        request.limits.total = .seconds(5)
        if case .loopback = scope { request.verifiesPeer = false }
        guard let response = try? await transport.send(request), response.status == 200,
            let document = try? JSON(parsing: response.body.bytes)
        else { return [:] }
        return (try? ServerKeys(document, of: server).keys) ?? [:]
    }
}
