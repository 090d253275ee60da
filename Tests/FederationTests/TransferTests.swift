import Federation
import Matrix
import TestSupport
import Testing

/// What a server says, and what comes of it.
struct Hostile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: [RawServer.Step]
    let kind: TransportError.Kind
    let words: String

    init(_ name: String, _ script: RawServer.Step..., kind: TransportError.Kind, words: String) {
        testDescription = name
        self.script = script
        self.kind = kind
        self.words = words
    }
}

private let head = "HTTP/1.1 200 OK\r\n"
private let tooLargeHeader = "the response header is larger than 65536 bytes"
private let tooLong = "the response is longer than 65536 bytes"
private let notOneNumber = "the response's Content-Length is not one number"
private let odd = "the response has a Transfer-Encoding other than chunked"
private let both = "the response has both Content-Length and Transfer-Encoding"
private let coded = "the response has a Content-Encoding, which was not asked for"
private let malformed = "the response has a malformed header line"
private let line = String(repeating: "x", count: 1000)

private let hostile = [
    Hostile(
        "a flood of headers",
        .say(head),
        .flood("X: \(line)\r\n"),
        kind: .tooLarge,
        words: tooLargeHeader
    ),
    Hostile("a header line without end", .say(head + "X: "), .flood(line), kind: .tooLarge, words: tooLargeHeader),
    Hostile(
        "a flood of 1xx",
        .flood("HTTP/1.1 102 Processing\r\nX: \(line)\r\n\r\n"),
        kind: .tooLarge,
        words: tooLargeHeader
    ),
    Hostile(
        "a flood of trailers",
        .say(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"),
        .flood("X: \(line)\r\n"),
        kind: .tooLarge,
        words: tooLargeHeader
    ),
    Hostile("a body without end", .say(head + "\r\n"), .flood(line), kind: .tooLarge, words: tooLong),
    Hostile(
        "chunks without end",
        .say(head + "Transfer-Encoding: chunked\r\n\r\n"),
        .flood("3e8\r\n\(line)\r\n"),
        kind: .tooLarge,
        words: tooLong
    ),
    Hostile(
        "a length too large, with a body",
        .say(head + "Content-Length: 99999999999\r\n\r\n"),
        .flood(line),
        kind: .tooLarge,
        words: tooLong
    ),
    Hostile(
        "two lengths",
        .say(head + "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}     "),
        kind: .protocolFault,
        words: notOneNumber
    ),
    Hostile(
        "a list of lengths",
        .say(head + "Content-Length: 2, 2\r\n\r\n{}"),
        kind: .protocolFault,
        words: notOneNumber
    ),
    Hostile(
        "a length and chunks",
        .say(head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        kind: .protocolFault,
        words: both
    ),
    Hostile(
        "chunks and a length",
        .say(head + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        kind: .protocolFault,
        words: both
    ),
    Hostile(
        "a gzipped body",
        .say(head + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
        kind: .protocolFault,
        words: coded
    ),
    Hostile(
        "a gzipped transfer",
        .say(head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        kind: .protocolFault,
        words: odd
    ),
    Hostile(
        "a blank before a colon",
        .say(head + "Content-Length : 2\r\n\r\n{}"),
        kind: .protocolFault,
        words: malformed
    ),
    Hostile("a folded line", .say(head + "X: a\r\n b\r\n\r\n{}"), kind: .protocolFault, words: malformed),
    Hostile("HTTP/0.9", .say("{}"), kind: .protocolFault, words: "received HTTP/0.9 when not allowed"),
    Hostile(
        "a body cut short",
        .say(head + "Content-Length: 9\r\n\r\n{}"),
        kind: .reset,
        words: "transfer closed with 7 bytes remaining to read"
    ),
    Hostile("no response", kind: .reset, words: "empty reply from server"),
]

@Suite(.timeLimit(.minutes(5))) struct `A transfer` {
    let net: Loopback

    init() throws { net = try Loopback() }

    @Test(arguments: hostile)
    func `refuses`(hostile: Hostile) async throws {
        let server = RawServer(try net.identity(), hostile.script)
        defer { server.stop() }
        let error = await net.failure(net.request(to: server.port))
        #expect(error?.kind == hostile.kind)
        #expect(error?.description == hostile.words)
        #expect(error?.exchange.bytesSent == true)
        #expect(error?.exchange.tls?.verified == true)
    }

    @Test func `never takes a body that lost its chunked end`() async throws {
        let server = try net.raw(.say(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"))
        defer { server.stop() }
        let error = await net.failure(net.request(to: server.port))
        #expect(error?.kind == .reset)
    }

    @Test func `takes a length that is said twice, trailers, 1xx and a 1.0 server`() async throws {
        let texts = [
            head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: trailer\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nX: early\r\n\r\n" + head + "Content-Length: 2\r\n\r\n{}",
            "HTTP/1.0 200 OK\r\n\r\n{}",
        ]
        for text in texts {
            let server = try net.raw(.say(text))
            defer { server.stop() }
            let response = try await net.transport.send(net.request(to: server.port))
            #expect(response.body.text == "{}")
            #expect(response.header("x") == nil)
        }
    }

    @Test func `takes what is past its length for nobody's answer`() async throws {
        let server = try net.raw(.say(head + "Content-Length: 2\r\n\r\n{}HTTP/1.1 403 Forged\r\n\r\n"), .silence)
        defer { server.stop() }
        for _ in 0..<2 {
            let response = try await net.transport.send(net.request(to: server.port))
            #expect(response.status == 200 && response.body.text == "{}")
        }
        #expect(server.connections == 2)
    }

    @Test func `takes a body of just its limit, and not a byte more`() async throws {
        let server = try net.server { _ in ServerAnswer(body: [UInt8](repeating: 0x20, count: 1000)) }
        var request = net.request(to: server.port)
        request.limits.bodyBytes = 1000
        #expect(try await net.transport.send(request).body.count == 1000)
        request.limits.bodyBytes = 999
        #expect(await net.failure(request)?.kind == .tooLarge)
    }

    @Test func `shows bytes of a header that are not text as such`() async throws {
        let server = try net.raw(.bytes(Array("HTTP/1.1 418 \u{1B}[31m\r\nX: ".utf8) + [0xFF] + Array("\r\n\r\n".utf8)))
        defer { server.stop() }
        let response = try await net.transport.send(net.request(to: server.port))
        #expect(response.reason == "\u{1B}[31m")
        #expect(response.header("X") == "\u{FFFD}")
    }

    @Test func `outlives a server that goes while it sends`() async throws {
        let server = try net.raw(.cut)
        defer { server.stop() }
        for _ in 0..<5 {
            var request = net.request(.put, to: server.port)
            request.body = [UInt8](repeating: 0, count: 8 << 20)
            #expect(await net.failure(request)?.kind == .reset)
        }
    }
}

/// A script, the limits that it breaks, and the words for it.
struct Slow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: [RawServer.Step]
    let limits: Limits
    let words: String
}

private let slow = [
    Slow(
        testDescription: "silent, in all",
        script: [.silence],
        limits: Limits(total: .milliseconds(300)),
        words: "operation timed out"
    ),
    Slow(
        testDescription: "silent, before the first byte",
        script: [.silence],
        limits: Limits(total: nil, firstByte: .milliseconds(300)),
        words: "no response began within 300 ms"
    ),
    Slow(
        testDescription: "busy with 1xx, before the first byte",
        script: [.drip("HTTP/1.1 102 Processing\r\n\r\n", every: .milliseconds(50))],
        limits: Limits(total: nil, firstByte: .milliseconds(300)),
        words: "no response began within 300 ms"
    ),
    Slow(
        testDescription: "silent after the first bytes",
        script: [.say(head + "Content-Length: 9\r\n\r\n{"), .silence],
        limits: Limits(total: nil, stall: .milliseconds(300)),
        words: "the response stalled: fewer than 1024 bytes in 300 ms"
    ),
    Slow(
        testDescription: "sending a byte now and then",
        script: [.say(head + "\r\n"), .drip("{", every: .milliseconds(50))],
        limits: Limits(total: nil, stall: .milliseconds(300)),
        words: "the response stalled: fewer than 1024 bytes in 300 ms"
    ),
    Slow(
        testDescription: "busy with an endless chunk extension",
        script: [.say(head + "Transfer-Encoding: chunked\r\n\r\n2;x"), .drip(line, every: .milliseconds(10))],
        limits: Limits(total: nil, stall: .milliseconds(300)),
        words: "the response stalled: fewer than 1024 bytes in 300 ms"
    ),
]

@Suite(.timeLimit(.minutes(5))) struct `A transfer from a server that is` {
    let net: Loopback

    init() throws { net = try Loopback() }

    @Test(arguments: slow)
    func `slow times out`(slow: Slow) async throws {
        let server = RawServer(try net.identity(), slow.script)
        defer { server.stop() }
        var request = net.request(to: server.port)
        request.limits = slow.limits
        let error = await net.failure(request)
        #expect(error?.kind == .timeout)
        #expect(error?.description.hasPrefix(slow.words) == true)
        #expect(error?.exchange.bytesSent == true)
    }

    @Test func `slow but steady is waited for`() async throws {
        let server = try net.raw(
            .say(head + "Content-Length: 40000\r\n\r\n"),
            .drip(String(repeating: " ", count: 2000), every: .milliseconds(30))
        )
        defer { server.stop() }
        var request = net.request(to: server.port)
        request.limits = Limits(total: nil, stall: .milliseconds(400))
        #expect(try await net.transport.send(request).body.count == 40_000)
    }

    @Test func `silent before TLS is given up when connecting takes too long`() async throws {
        let server = RawServer(nil, [.silence])
        defer { server.stop() }
        var request = net.request(to: server.port)
        request.limits = Limits(connect: .milliseconds(300), total: nil)
        let error = await net.failure(request)
        #expect(error?.kind == .timeout)
        #expect(error?.exchange.bytesSent == false)
    }
}
