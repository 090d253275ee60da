import Federation
import Matrix
import TestSupport

/// A transport that trusts one throw-away authority, and servers on loopback that this authority vouches for.
final class Loopback: Sendable {
    let authority: Authority
    let transport: CurlTransport
    private let bundle: TemporaryFile

    init() throws {
        authority = try Authority.make()
        bundle = TemporaryFile(authority.certificatePEM)
        transport = CurlTransport(CurlTransport.Settings(caFile: bundle.path, userAgent: "test"))
    }

    /// The same, with redirects followed.
    var following: FollowingTransport { FollowingTransport(transport) }

    deinit { transport.shutDown() }

    func identity(_ names: [String] = ["127.0.0.1", "::1", "localhost"]) throws -> TLSIdentity {
        try TLSIdentity.throwaway(names: names, authority: authority)
    }

    func raw(_ script: RawServer.Step...) throws -> RawServer { RawServer(try identity(), script) }

    func server(
        address: String = "127.0.0.1",
        limits: HTTPSServer.Limits = HTTPSServer.Limits(),
        _ handler: @escaping @Sendable (ServerRequest) -> ServerAnswer
    ) throws -> HTTPSServer {
        try HTTPSServer(
            listen: SocketPlace(address: address, port: 0),
            identity: identity(),
            limits: limits,
            handler: handler
        )
    }

    func request(_ method: Request.Method = .get, _ target: String = "/", to port: Int) -> Request {
        Request(method, target, host: "127.0.0.1", port: port)
    }

    /// Why the request fails, or nil where it does not.
    func failure(_ request: Request) async -> TransportError? {
        do throws(TransportError) {
            _ = try await following.send(request)
            return nil
        } catch {
            return error
        }
    }
}

extension Blob {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

func ok(_ body: String) -> RawServer.Step {
    .say("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
}
