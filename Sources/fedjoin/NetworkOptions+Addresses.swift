internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

/// Which way connections go.
extension NetworkOptions {
    func checkAddresses() throws {
        guard !(isIPv4 && isIPv6) else { throw ValidationError("-4 and -6 leave no address") }
        if let named = namedProxy, proxyRoute == nil {
            throw ValidationError(
                "\(Quoting.quoted(Text(named.url))) (\(named.source)) is no proxy: it takes http://host:port, or \(Self.schemes)"
            )
        }
    }

    var resolver: HostResolver { dnsServer.map { .of($0.server) } ?? .system }

    private static let schemes = "https, socks4, socks4a, socks5 or socks5h in place of http"
    private static let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]

    /// The proxy as the person has it, and who named it: an empty option is none, whatever the environment has.
    private var namedProxy: (source: String, url: String)? {
        if let proxy { return proxy.isEmpty ? nil : ("--proxy", proxy) }
        return Self.variables.lazy.compactMap { name in Process.environment(name).map { (name, $0) } }.first
    }

    private var proxyRoute: ProxyRoute? {
        namedProxy.flatMap {
            ProxyRoute(
                $0.url, source: $0.source,
                exceptions: Process.environment("no_proxy") ?? Process.environment("NO_PROXY"))
        }
    }

    /// `named` are the servers that the person named in other arguments.
    func addresses(named: [ServerName]) -> Network.Addresses {
        var addresses = Network.Addresses()
        addresses.named = named
        addresses.allowed = allowAddress.flatMap(\.ranges)
        addresses.routes.pins = resolve.map(\.pin)
        addresses.routes.detours = connectTo.map(\.detour)
        addresses.routes.family = isIPv4 ? .v4 : isIPv6 ? .v6 : nil
        addresses.routes.proxy = proxyRoute
        return addresses
    }
}

/// `HOST:PORT:ADDR`, the address an IPv6 one in brackets or not.
struct PinArgument: ExpressibleByArgument {
    let pin: Routes.Pin
    /// As it was typed.
    let text: String

    init?(argument: String) {
        text = argument
        let parts = argument.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, ServerName(Text("\(parts[0]):\(parts[1])")) != nil, let port = Int(parts[1]),
            let address = IPAddress(Text(parts[2]))
        else { return nil }
        pin = Routes.Pin(host: parts[0], port: port, address: address.description)
    }
}

/// `H1:P1:H2:P2`, any of them empty; IPv6 hosts in brackets.
struct DetourArgument: ExpressibleByArgument {
    let detour: Routes.Detour
    /// As it was typed.
    let text: String

    init?(argument: String) {
        text = argument
        let parts = Self.split(argument)
        guard parts.count == 4 else { return nil }
        let hosts = [parts[0], parts[2]].map { $0.isEmpty ? nil : $0 }
        let ports = [parts[1], parts[3]].map { $0.isEmpty ? nil : $0 }
        guard hosts.compactMap(\.self).allSatisfy({ ServerName(Text($0)) != nil }),
            ports.compactMap(\.self).allSatisfy({ ServerName(Text("host:\($0)")) != nil })
        else { return nil }
        detour = Routes.Detour(
            fromHost: hosts[0], fromPort: ports[0].flatMap { Int($0) }, toHost: hosts[1],
            toPort: ports[1].flatMap { Int($0) })
    }

    /// At the colons outside of brackets.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var isBracketed = false
        for character in text {
            if character == "[" { isBracketed = true }
            if character == "]" { isBracketed = false }
            if character == ":", !isBracketed { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }
}

/// `ADDR[:PORT]` of a name server: `192.0.2.53`, `127.0.0.1:5353`, `2001:db8::53`, `[::1]:5353`.
struct NameServerArgument: ExpressibleByArgument {
    let server: DNSQuery.Server

    init?(argument: String) {
        guard let name = ServerName(Text(argument)) ?? ServerName(Text("[\(argument)]")) else { return nil }
        switch name.host {
        case .ipv4(let address), .ipv6(let address):
            server = DNSQuery.Server(address: address.string, port: name.port ?? 53)
        case .name: return nil
        }
    }
}

/// A range of addresses, or a word for some.
struct RangeArgument: ExpressibleByArgument {
    let ranges: [AddressRange]

    init?(argument: String) {
        switch argument {
        case "loopback": ranges = AddressRange.loopback
        case "private": ranges = AddressRange.privateUse
        default:
            guard let range = AddressRange(Text(argument)) else { return nil }
            ranges = [range]
        }
    }
}
