internal import Matrix

/// A room of so many events by so many servers, as a resident answers send_join in it.
struct Generate {
    let events: Int
    let version: RoomVersion
    let seed: UInt64
    let folder: String
    private let servers: [SigningServer]

    /// In `pattern`, `#` stands for digits of the server's number.
    init(events: Int, servers count: Int, _ version: RoomVersion, seed: UInt64, folder: String, pattern: String) throws
    {
        guard count >= 2, events >= 2 * count, events >= 100 else {
            throw Trouble("a room takes 2 servers, 100 events, and 2 events for each server at least")
        }
        self.events = events
        self.version = version
        self.seed = seed
        self.folder = folder
        servers = try (0..<count).map { number in
            let name = Self.name(pattern, number)
            guard ServerName(name) != nil else { throw Trouble("\(name) is no server name") }
            return SigningServer(name, rotated: number % 29 == 7 ? Room.start + Room.span / 2 : nil)
        }
    }

    private static func name(_ pattern: String, _ number: Int) -> Text {
        let digits = pattern.filter { $0 == "#" }.count
        var written = String(number)
        written = String(repeating: "0", count: max(0, digits - written.count)) + written
        guard let at = pattern.firstIndex(of: "#") else { return Text("\(pattern)\(number)") }
        return Text(pattern[..<at] + written + pattern[at...].filter { $0 != "#" })
    }

    func run() async throws {
        var random = Random(seed)
        let core = RoomCore(version, servers, events: events, &random)
        let plans = try plans(core, &random)
        let (seed, size) = (seed, 256)
        let blocks = await spread((plans.count + size - 1) / size) { i in
            Block.of(plans[i * size..<min(plans.count, (i + 1) * size)], core, seed)
        }
        let join = OwnJoin(core, &random)
        var used = zip(core.used, join.used).map { $0 || $1 }
        for block in blocks { for i in used.indices where block.used[i] { used[i] = true } }
        let all = [Block.of(core, used: used, seed)] + blocks
        try System.makeFolder(folder)
        try writeKeys()
        try join.write(to: "\(folder)/event.json", core.room)
        try Answer(all, join, &random).write(to: folder, core.room)
    }

    /// 70 % of all events are state: nearly all of it members, and state of their own of a seventh of them, so that
    /// about a tenth of the room stands in the state and in the auth chain.
    private func plans(_ core: RoomCore, _ random: inout Random) throws -> [Plan] {
        let beacons = events / 10
        let users = events * 7 / 10 - beacons - core.isState.count { $0 }
        let extras = events - core.events.count - beacons - users
        let zipf = Zipf(servers.count - 1)
        guard users > beacons, extras >= 0 else { throw Trouble("too few events for a room") }
        var counts = [Int](repeating: 1, count: users)
        for _ in 0..<extras { counts[random.below(users)] += 1 }
        return counts.indices.map { i in
            // Each server has one user at least.
            let server = i < servers.count - 1 ? i : zipf.draw(&random)
            let hasBeacon = i * beacons / users != (i + 1) * beacons / users
            return Plan(number: i, server: server, events: counts[i], hasBeacon: hasBeacon)
        }
    }

    private func writeKeys() throws {
        var output = try Output("\(folder)/keys.json")
        try output.write("{\"server_keys\":[")
        for (i, server) in servers.enumerated() {
            if i > 0 { try output.write(",") }
            try output.write(server.keyDocument.compact)
        }
        try output.write("]}\n")
        try output.close()
    }
}
