/// Sends requests with libcurl: any number at once, all on one thread.
///
/// Connections are kept for the next request to the same place. `shutDown` ends the thread, as does letting go.
package final class CurlTransport: Transport {
    /// What all requests share.
    package struct Settings: Sendable, Hashable {
        /// The certificates to trust, in a PEM file; the system's where nil.
        package var caFile: String?
        /// The same in memory, in place of a file: an authority that was made for this run.
        package var caPEM: [UInt8]?
        package var userAgent: String
        /// Whether what libcurl says of each exchange is kept.
        package var traces = false

        package init(caFile: String? = nil, caPEM: [UInt8]? = nil, userAgent: String = "fedjoin") {
            self.caFile = caFile
            self.caPEM = caPEM
            self.userAgent = userAgent
        }
    }

    private let loop: TransferLoop

    package init(_ settings: Settings = Settings()) {
        let loop = TransferLoop(settings)
        self.loop = loop
        startThread { loop.run() }
    }

    deinit { shutDown() }

    /// Ends the thread. Requests under way, and those that still come, fail as cancelled.
    package func shutDown() { loop.post(.stop) }

    /// Sends it once: a 3xx is a response like any other (`FollowingTransport`).
    package func send(_ request: Request) async throws(TransportError) -> Response {
        // One that was cancelled beforehand must not go out on a connection that happens to stand.
        guard !Task.isCancelled else { throw TransportError(kind: .cancelled, description: "cancelled") }
        let id = loop.nextID()
        let outcome: Transfer.Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.post(.start(id: id, request, continuation))
                // A task that was cancelled before this start asked for it too early to be heard.
                if Task.isCancelled { loop.post(.cancel(id: id)) }
            }
        } onCancel: {
            loop.post(.cancel(id: id))
        }
        return try outcome.get()
    }
}
