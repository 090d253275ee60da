/// Follows the redirects that a request admits, each a request of its own to the transport below.
package struct FollowingTransport: Transport {
    private let transport: any Transport

    package init(_ transport: any Transport) { self.transport = transport }

    package func send(_ request: Request) async throws(TransportError) -> Response {
        let start = ContinuousClock.now
        var hop = request
        var urls: [String] = []
        while true {
            do throws(TransportError) {
                var response = try await transport.send(hop)
                response.exchange.redirectedTo = urls
                guard let next = try hop.redirected(by: response) else { return response }
                urls.append(next.url)
                hop = next
                if let total = request.limits.total {
                    // What is left of it, down to nothing, with which libcurl times out at once.
                    hop.limits.total = max(total - start.duration(to: .now), .zero)
                }
            } catch {
                var error = error
                error.exchange.redirectedTo = urls
                throw error
            }
        }
    }
}
