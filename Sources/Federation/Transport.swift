package import Matrix

/// What carries a request to a server: libcurl, or a table of answers in a test.
package protocol Transport: Sendable {
    func send(_ request: Request) async throws(TransportError) -> Response
}

/// One line of a request's or response's head.
package struct Header: Sendable, Hashable {
    package let name: Text
    package let value: Text

    /// Bytes of a remote's value that are not UTF-8 stand as U+FFFD here.
    package init(name: Text, value: Text) {
        self.name = name
        self.value = value
    }
}

/// One HTTPS request, to one place.
package struct Request: Sendable, Hashable {
    package enum Method: String, Sendable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
    }

    /// An address or name and a port; an IPv6 address with or without brackets.
    package struct Place: Sendable, Hashable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package var method: Method
    /// Path and query as they must stand on the request line, percent-encoded by the caller.
    package var target: String
    /// The name that TLS verifies and asks for (no SNI for an IP address); IPv6 in brackets.
    package var host: String
    package var port: Int
    package var hostHeader: String
    package var headers: [Header] = []
    package var body: [UInt8]?
    /// Where to connect in place of `host` and `port`.
    package var connectTo: Place?
    /// The proxy to go through; nil for none.
    package var proxy: ProxyRoute?
    /// Which addresses may be connected to.
    package var policy = AddressPolicy.anywhere
    package var limits = Limits()
    /// How many redirects a GET may follow, to https alone; at 0 a 3xx is a response like any other.
    package var redirects = 0
    /// Whether the certificate must be right: false only where the user said so.
    package var verifiesPeer = true
    /// Whether it goes over a connection of its own, which makes the whole way new: name, TCP, TLS and certificate.
    package var isFresh = false
    /// Who is told of the body of a 2xx response while it arrives.
    package var watch: BodyWatch?
    /// Whether a redirect led here, so that a further one is too many rather than a response.
    var isFollowing = false

    package init(_ method: Method, _ target: String, host: String, port: Int, hostHeader: String? = nil) {
        self.method = method
        self.target = target
        self.host = host
        self.port = port
        self.hostHeader = hostHeader ?? (port == 443 ? host : "\(host):\(port)")
    }
}

/// How much and how long a request may take.
package struct Limits: Sendable, Hashable {
    /// Of all heads of a response: trailers and 1xx included.
    package var headerBytes = 65_536
    package var bodyBytes = 65_536
    /// From the look-up of the name to the end of the TLS handshake.
    package var connect: Duration = .seconds(10)
    /// Of the whole exchange, redirects included.
    package var total: Duration? = .seconds(10)
    /// From the last byte sent to the first of the final response; 1xx does not count.
    package var firstByte: Duration?
    /// How long a response may take over 1,024 bytes before it counts as stalled.
    package var stall: Duration?

    package init(
        headerBytes: Int = 65_536,
        bodyBytes: Int = 65_536,
        connect: Duration = .seconds(10),
        total: Duration? = .seconds(10),
        firstByte: Duration? = nil,
        stall: Duration? = nil
    ) {
        self.headerBytes = headerBytes
        self.bodyBytes = bodyBytes
        self.connect = connect
        self.total = total
        self.firstByte = firstByte
        self.stall = stall
    }
}

/// A response that arrived whole, whatever its status.
package struct Response: Sendable {
    package let status: Int
    /// The server's own words beside the status, unescaped.
    package let reason: Text
    /// Of the final response, without trailers.
    package let headers: [Header]
    package let body: Blob
    package internal(set) var exchange: Exchange

    package init(
        status: Int,
        reason: Text = "",
        headers: [Header] = [],
        body: Blob,
        exchange: Exchange = Exchange()
    ) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.exchange = exchange
    }

    /// The first value of the header of this name, in any case.
    package func header(_ name: String) -> Text? { headers.first(named: name) }
}

/// Why no response arrived.
package struct TransportError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        case name, connect, tls, timeout, protocolFault, tooLarge, reset, cancelled, other
        /// An address that the request's policy does not admit.
        case blocked
    }
    package let kind: Kind
    /// One sentence, in libcurl's words where they are exact.
    package let description: String
    package internal(set) var exchange: Exchange

    package init(kind: Kind, description: String, exchange: Exchange = Exchange()) {
        self.kind = kind
        self.description = description
        self.exchange = exchange
    }
}

extension [Header] {
    /// The first value of the header of this name, in any case.
    package func first(named name: String) -> Text? {
        first { $0.name.string.lowercased().utf8.elementsEqual(name.lowercased().utf8) }?.value
    }
}
