internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix

// What the command line has of types of ours: each read once, here.

extension ServerName: ExpressibleByArgument {
    public init?(argument: String) { self.init(Text(argument)) }
}

/// An enumeration whose values say by their own words what they are.
///
/// The parser's own way, by reflection at each start, is to describe each value and to drop what is no more than its word.
protocol WordArgument: ExpressibleByArgument, CaseIterable, RawRepresentable where RawValue == String {}

extension WordArgument {
    static var allValueStrings: [String] { allCases.map { $0.rawValue } }
    static var allValueDescriptions: [String: String] { [:] }
    var defaultValueDescription: String { rawValue }
}

extension Stage: WordArgument {
    public init?(argument: String) { self.init(typed: argument) }
    /// Those that a run can be stopped after.
    public static var allValueStrings: [String] {
        (leave + knock).reduce(into: join) { if !$0.contains($1) { $0.append($1) } }.map(\.rawValue)
    }
}

/// `ADDR:PORT`, an IPv6 address in brackets: `[::]:8448`, `127.0.0.1:0`.
struct ListenPlace: ExpressibleByArgument {
    let place: SocketPlace

    init?(argument: String) {
        let isAnyPort = argument.hasSuffix(":0")
        let text = isAnyPort ? String(argument.dropLast(2)) : argument
        guard let name = ServerName(Text(text)), name.isIPLiteral, (name.port == nil) == isAnyPort else { return nil }
        let address =
            switch name.host {
            case .name(let text), .ipv4(let text), .ipv6(let text): text.string
            }
        place = SocketPlace(address: address, port: name.port ?? 0)
    }
}

/// Room versions, separated by commas: `1,2,10`.
struct RoomVersions: ExpressibleByArgument {
    let list: [RoomVersion]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        let versions = names.compactMap { RoomVersion.named(Text(String($0))) }
        guard versions.count == names.count, Set(versions).count == versions.count else { return nil }
        list = versions
    }
}

/// One room version: `11`.
struct RoomVersionArgument: ExpressibleByArgument {
    let version: RoomVersion

    init?(argument: String) {
        guard let version = RoomVersion.named(Text(argument)) else { return nil }
        self.version = version
    }
}

/// A time in seconds, with a fraction where it matters: `10`, `0.5`.
struct Seconds: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let seconds = Double(argument), seconds > 0, seconds <= 86_400 else { return nil }
        duration = .milliseconds(Int((seconds * 1000).rounded(.up)))
    }
}

/// A size in bytes, or with K, M or G for powers of 1024.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let shift =
            switch argument.last {
            case "K", "k": 10
            case "M", "m": 20
            case "G", "g": 30
            default: 0
            }
        guard let number = Int(shift == 0 ? argument : String(argument.dropLast())), number > 0,
            number <= (4 << 30) >> shift
        else { return nil }
        bytes = number << shift
    }
}

enum ColorChoice: String, WordArgument {
    case auto, always, never
}

enum OutputFormat: String, WordArgument {
    case text, json, ndjson
}
