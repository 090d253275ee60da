internal import Federation
internal import Handshake
internal import Matrix

/// Our key server while a command runs.
enum OwnServer {
    /// Starts it where the options say; whether its certificate is one that nobody can verify.
    static func start(
        _ identity: Identity, _ listening: Listening, desk: InviteDesk? = nil,
        notice: @escaping @Sendable (KeyServer.Visit) -> Void
    ) throws -> KeyServer {
        let port = identity.server.port ?? 8448
        let place = listening.place ?? SocketPlace(address: "::", port: port)
        var limits = HTTPSServer.Limits()
        if desk != nil { limits.bodyBytes = InviteDesk.largestBody }
        do {
            return try KeyServer(
                identity, listen: place, certificate: try certificate(identity, listening), limits: limits,
                also: desk?.answer, notice: notice)
        } catch {
            guard let error = error as? ServerError else { throw error }
            throw UsageError(
                "the key server: \(error.description)",
                hints: error.kind == .listen ? ["--listen ADDR:PORT takes another place"] : [],
                status: Self.status(error.kind))
        }
    }

    private static func status(_ kind: ServerError.Kind) -> Int32 {
        switch kind {
        case .listen: 73
        case .certificate: 65
        case .cannotOpen: 66
        }
    }

    private static func certificate(_ identity: Identity, _ listening: Listening) throws -> TLSIdentity {
        if let certificate = listening.certificate, let key = listening.key {
            return try TLSIdentity(certificateFile: certificate, keyFile: key)
        }
        guard identity.server.isLoopback else {
            throw UsageError(
                "to publish the key of \(identity.server) takes --tls-cert FILE and --tls-key FILE",
                hints: ["only for a loopback name a certificate is made at start"])
        }
        return try TLSIdentity.throwaway(names: [Self.host(identity.server)])
    }

    private static func host(_ server: ServerName) -> String {
        switch server.host {
        case .name(let text), .ipv4(let text), .ipv6(let text): text.string
        }
    }
}
