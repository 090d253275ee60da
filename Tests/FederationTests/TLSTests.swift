import Federation
import Matrix
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A transport that cannot tell who answers` {
    let net: Loopback

    init() throws { net = try Loopback() }

    /// The request holds a signature, which nobody must see before they have shown who they are.
    private func failure(_ identity: TLSIdentity) async -> (error: TransportError?, heads: [String]) {
        let server = RawServer(identity, [ok("{}")])
        defer { server.stop() }
        var request = net.request(.put, "/_matrix/federation/v2/send_join/x/y", to: server.port)
        request.headers = [Header(name: "Authorization", value: "X-Matrix sig=secret")]
        request.body = Array("{}".utf8)
        return (await net.failure(request), server.heads)
    }

    private func expectSilence(_ identity: TLSIdentity, words: String) async {
        let (error, heads) = await failure(identity)
        #expect(error?.kind == .tls)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.exchange.bytesSent == false)
        #expect(error?.exchange.sentHead == nil)
        #expect(heads.joined().isEmpty)
    }

    @Test func `sends nothing to another name`() async throws {
        await expectSilence(try net.identity(["other.example"]), words: "no alternative certificate subject name")
    }

    @Test func `tells whose certificate it was`() async throws {
        let (error, _) = await failure(try net.identity(["other.example", "192.0.2.1", "2001:db8::1"]))
        #expect(error?.exchange.tls?.names == ["other.example", "192.0.2.1", "2001:db8::1"])
        #expect(error?.exchange.tls?.subject == "CN=other.example")
        #expect(error?.exchange.tls?.issuer.hasPrefix("CN=fedjoin throw-away authority ") == true)
        #expect(error?.exchange.tls?.version == "TLSv1.3")
        #expect(error?.exchange.tls?.verified == false)
    }

    @Test func `sends nothing to a certificate of an unknown authority`() async throws {
        let identity = try TLSIdentity.throwaway(names: ["127.0.0.1"], authority: Authority.make())
        await expectSilence(identity, words: "unable to get local issuer certificate")
    }

    @Test func `sends nothing to a certificate that vouches for itself`() async throws {
        await expectSilence(try TLSIdentity.throwaway(names: ["127.0.0.1"]), words: "self-signed certificate")
    }

    @Test func `sends nothing to a certificate that has expired`() async throws {
        let identity = try TLSIdentity.throwaway(
            names: ["127.0.0.1"],
            authority: net.authority,
            lifetime: .seconds(-60)
        )
        await expectSilence(identity, words: "certificate has expired")
    }

    @Test func `sends nothing where nobody speaks TLS`() async throws {
        let server = RawServer(nil, [ok("{}")])
        defer { server.stop() }
        let error = await net.failure(net.request(to: server.port))
        #expect(error?.kind == .tls)
        #expect(error?.exchange.bytesSent == false)
    }

    /// That passes, where what is said of certificates and versions does not.
    @Test func `takes a handshake that is cut short for a fault of the connection`() async throws {
        let server = RawServer(nil, [.cut])
        defer { server.stop() }
        let error = await net.failure(net.request(to: server.port))
        #expect(error?.kind == .reset, "\(error?.description ?? "")")
        #expect(error?.exchange.bytesSent == false)
    }

    @Test func `asks anyway where it was told not to verify, and says so`() async throws {
        let server = RawServer(try TLSIdentity.throwaway(names: ["other.example"]), [ok("{}")])
        defer { server.stop() }
        var request = net.request(to: server.port)
        request.verifiesPeer = false
        let response = try await net.transport.send(request)
        #expect(response.status == 200)
        #expect(response.exchange.tls?.verified == false)
        #expect(response.exchange.tls?.subject == "CN=other.example")
        request.verifiesPeer = true
        #expect(await net.failure(request)?.kind == .tls)
    }

    @Test func `says that the bundle is not there`() async throws {
        let transport = CurlTransport(CurlTransport.Settings(caFile: "/nonexistent/ca.pem"))
        defer { transport.shutDown() }
        let server = try net.raw(ok("{}"))
        defer { server.stop() }
        let error = await #expect(throws: TransportError.self) {
            try await transport.send(net.request(to: server.port))
        }
        #expect(error?.kind == .tls)
        #expect(error?.description.contains("/nonexistent/ca.pem") == true)
    }
}
