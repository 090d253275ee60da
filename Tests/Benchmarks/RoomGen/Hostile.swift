internal import Matrix

/// Answers that a hostile resident could give: valid at first sight, and dear to whoever is careless.
struct Hostile {
    let events: Int
    let folder: String

    /// A small room, and state of which each event is authorised by ten events that are nowhere.
    func dangling(_ version: RoomVersion, seed: UInt64) async throws {
        var random = Random(seed)
        let servers = (0..<3).map { SigningServer(Text("s\($0).example.org"), rotated: nil) }
        let core = RoomCore(version, servers, events: 100, &random)
        let join = OwnJoin(core, &random)
        let size = 256
        let (room, events, sender) = (core.room, events, core.residents[0])
        let blocks = await spread((events + size - 1) / size) { i in
            var random = Random(seed, UInt64(i) + 1)
            var block = Block(used: [])
            for number in i * size..<min(events, (i + 1) * size) {
                let draft = Draft(
                    type: "org.example.state", stateKey: Text("\(number)"), content: ["number": .integer(number)],
                    sender: sender, time: Timeline.settled + number, auth: (0..<10).map { _ in room.strange(&random) },
                    prev: [room.strange(&random)])
                block.add(room.make(draft, &random), replacing: nil, isState: true, isUsed: false, random)
            }
            return block
        }
        try System.makeFolder(folder)
        try join.write(to: "\(folder)/event.json", room)
        try writeKeys(servers)
        let used = zip(core.used, join.used).map { $0 || $1 }
        try Answer([Block.of(core, used: used, seed)] + blocks, join, &random).write(to: folder, room)
    }

    /// A state of empty objects, and nothing else.
    func tiny() throws {
        try System.makeFolder(folder)
        var output = try Output("\(folder)/answer.json")
        try output.write("{\"state\":[{}")
        let piece = Array(",{}".utf8)
        for _ in 1..<max(1, events) { try output.write(piece) }
        try output.write("],\"auth_chain\":[],\"origin\":\"s0.example.org\",\"members_omitted\":false}\n")
        try output.close()
        try writeKeys([SigningServer("s0.example.org", rotated: nil)])
    }

    private func writeKeys(_ servers: [SigningServer]) throws {
        var output = try Output("\(folder)/keys.json")
        try output.write(JSON.object(["server_keys": .array(servers.map(\.keyDocument))]).compact)
        try output.write("\n")
        try output.close()
    }
}
