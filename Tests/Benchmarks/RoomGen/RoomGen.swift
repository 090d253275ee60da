internal import CSodium
internal import Matrix

/// Makes what the benchmarks measure with: large rooms, hostile answers, libsodium's own rate.
@main
enum RoomGen {
    private static let usage = """
        usage: roomgen generate --events N --servers M --version V --seed S --out DIR [--name-pattern s#####.example.org]
               roomgen hostile-dangling --events N --out DIR [--version V] [--seed S]
               roomgen hostile-tiny --events N --out DIR
               roomgen sodium --keys DIR/keys.json --count C --message-size B [--threads T]
        """

    static func main() async {
        do {
            guard sodium_init() >= 0 else { throw Trouble("libsodium does not start") }
            try await run(try Arguments(CommandLine.arguments.dropFirst()))
        } catch {
            System.fail("roomgen: \(error)\n\(usage)")
        }
    }

    private static func run(_ arguments: Arguments) async throws {
        let events = { try arguments.number("events") }
        let folder = { try arguments.text("out") }
        switch arguments.command {
        case "generate":
            try await Generate(
                events: try events(), servers: try arguments.number("servers"), try version(arguments),
                seed: try seed(arguments), folder: try folder(),
                pattern: try arguments.text("name-pattern", "s#####.example.org")
            ).run()
        case "hostile-dangling":
            try await Hostile(events: try events(), folder: try folder())
                .dangling(try version(arguments), seed: try seed(arguments))
        case "hostile-tiny": try Hostile(events: try events(), folder: try folder()).tiny()
        case "sodium":
            try await SodiumRate(
                keys: try arguments.text("keys"), count: try arguments.number("count"),
                messageSize: try arguments.number("message-size"),
                threads: try arguments.number("threads", System.cores)
            ).run()
        default: throw Trouble("there is no command \"\(arguments.command)\"")
        }
    }

    private static func version(_ arguments: Arguments) throws -> RoomVersion {
        let name = try arguments.text("version", "11")
        guard let version = RoomVersion.named(Text(name)) else { throw Trouble("there is no room version \(name)") }
        return version
    }

    private static func seed(_ arguments: Arguments) throws -> UInt64 { UInt64(try arguments.number("seed", 1)) }
}
