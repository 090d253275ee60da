import Federation
import Matrix
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A request that must not be sent` {
    let net: Loopback

    init() throws { net = try Loopback() }

    @Test(arguments: ["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "127.0.0.01", "1.2.3.4.", "256.0.0.1", "a.0x7F"])
    func `has a number for a host`(host: String) async {
        for isElsewhere in [false, true] {
            var request = Request(.get, "/", host: isElsewhere ? "a.example" : host, port: 443)
            if isElsewhere { request.connectTo = Request.Place(host: host, port: 443) }
            let error = await net.failure(request)
            #expect(error?.kind == .name)
            #expect(error?.description == "\(host) is neither a name nor an IP address in its usual form")
        }
    }

    @Test(arguments: [
        "", "a b", "a/b", "a@b", "%31.example", "é.example", "[::1", "[a.example]", "a:80", "[::1%25lo]", ".",
    ])
    func `has a host that is none`(host: String) async {
        let error = await net.failure(Request(.get, "/", host: host, port: 443, hostHeader: "a.example"))
        #expect(error?.kind == .name)
        #expect(error?.exchange.remote == nil)
    }

    @Test(arguments: ["", "a", "http://a.example/", "/a b", "/a\r\nX: y", "/a\0", "/é", "/a#b", "*"])
    func `has a target that is none`(target: String) async {
        let error = await net.failure(Request(.get, target, host: "127.0.0.1", port: 443))
        #expect(error?.kind == .protocolFault)
        #expect(error?.description == "the request target is not a percent-encoded path and query")
    }

    @Test(arguments: [("X", "a\r\nY: b"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"), ("X:", "a"), ("X", "a\0")])
    func `has a header that would be two or another`(name: String, value: String) async {
        var request = Request(.get, "/", host: "127.0.0.1", port: 443)
        request.headers = [Header(name: Text(name), value: Text(value))]
        #expect(await net.failure(request)?.description == "a request header holds bytes that must not be sent")
    }

    @Test(arguments: ["", "a b", "a\r\nX: y"])
    func `has a Host header that would be two`(value: String) async {
        let error = await net.failure(Request(.get, "/", host: "127.0.0.1", port: 443, hostHeader: value))
        #expect(error?.description == "the Host header is not a name")
    }

    @Test(arguments: [0, -1, 65_536])
    func `has a port that is none`(port: Int) async {
        let error = await net.failure(Request(.get, "/", host: "127.0.0.1", port: port))
        #expect(error?.description == "a port is not between 1 and 65535")
    }

    @Test func `goes nowhere: the port is closed`() async throws {
        let server = try net.raw()
        server.stop()
        while await net.failure(net.request(to: server.port))?.kind != .connect { await Task.yield() }
        let error = await net.failure(net.request(to: server.port))
        #expect(error?.description.hasPrefix("failed to connect to 127.0.0.1 port \(server.port)") == true)
        #expect(error?.exchange.bytesSent == false)
    }

    @Test func `goes nowhere: the name is unknown`() async {
        let error = await net.failure(Request(.get, "/", host: "nowhere.invalid", port: 443))
        #expect(error?.kind == .name)
        #expect(error?.description == "could not resolve host: nowhere.invalid")
    }
}
