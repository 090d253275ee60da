internal import Dispatch
package import Matrix

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

    private let fetch: @Sendable (ServerName) async -> [KeyID: KnownKey]
    private let kept = Locked<[ServerName: Kept]>([:])

    package convenience init(_ transport: any Transport, of scope: Scope = .everybody) {
        self.init { await scope.keys(of: $0, transport) }
    }

    /// Keeps for a while what `fetch` finds.
    package init(_ fetch: @escaping @Sendable (ServerName) async -> [KeyID: KnownKey]) { self.fetch = fetch }

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
        let found = Locked<[KeyID: KnownKey]>([:])
        let done = DispatchSemaphore(value: 0)
    }
}

extension FetchedKeys.Scope {
    /// A loopback name without a port would be looked up in DNS.
    private func covers(_ server: ServerName) -> Bool {
        switch self {
        case .everybody: true
        case .loopback: server.isLoopback && (server.isIPLiteral || server.port != nil)
        }
    }

    fileprivate func keys(of server: ServerName, _ transport: any Transport) async -> [KeyID: KnownKey] {
        guard covers(server), let destination = try? await Discovery(transport: transport).resolve(server) else {
            return [:]
        }
        var request = Request(
            .get, "/_matrix/key/v2/server", host: destination.certificateHost, port: destination.port)
        request.hostHeader = destination.hostHeader
        // Sooner than whoever waits for our answer gives up.
        request.limits.total = .seconds(5)
        if case .loopback = self { request.verifiesPeer = false }
        guard let response = try? await transport.send(request), response.status == 200,
            let document = try? JSON(parsing: response.body.bytes)
        else { return [:] }
        return (try? ServerKeys(document, of: server).keys) ?? [:]
    }
}
