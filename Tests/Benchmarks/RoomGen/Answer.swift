internal import Matrix

/// The answer to send_join, and the facts of it that measuring takes.
struct Answer {
    private let blocks: [Block]
    private let join: OwnJoin
    private var state: [(block: Int, entry: Int)] = []
    private var chain: [(block: Int, entry: Int)] = []

    /// State and auth chain in no order.
    init(_ blocks: [Block], _ join: OwnJoin, _ random: inout Random) {
        self.blocks = blocks
        self.join = join
        for (i, block) in blocks.enumerated() {
            for (j, entry) in block.entries.enumerated() {
                if entry.isState { state.append((i, j)) }
                if entry.isUsed { chain.append((i, j)) }
            }
        }
        state.shuffle(using: &random)
        chain.shuffle(using: &random)
    }

    func write(to folder: String, _ room: Room) throws {
        var output = try Output("\(folder)/answer.json")
        try output.write("{\"state\":[")
        try write(state, &output)
        try output.write("],\"auth_chain\":[")
        try write(chain, &output)
        try output.write("],\"event\":")
        try output.write(JSON.object(join.returned).compact)
        try output.write(",\"origin\":\"\(room.servers[0].name)\",\"members_omitted\":false}\n")
        try output.close()
        try writeFacts(to: "\(folder)/facts.json", room, bytes: output.count)
    }

    private func write(_ list: [(block: Int, entry: Int)], _ output: inout Output) throws {
        for (i, place) in list.enumerated() {
            if i > 0 { try output.write(",") }
            let block = blocks[place.block]
            try output.write(block.bytes[block.entries[place.entry].range])
        }
    }

    private func writeFacts(to path: String, _ room: Room, bytes: Int) throws {
        let signedBytes = blocks.reduce(join.signatures * join.sent.signedSize) { $0 + $1.signedBytes }
        let keyBytes = room.servers.reduce(0) { $0 + $1.signedSize }
        let facts: JSON = [
            "room_version": .string(room.version.id), "servers": .integer(room.servers.count), "bytes": .integer(bytes),
            "state": .integer(state.count), "auth_chain": .integer(chain.count),
            "entries": .integer(state.count + chain.count + 1),
            "distinct": .integer(blocks.reduce(1) { $0 + $1.entries.count }),
            "signatures": .integer(blocks.reduce(join.signatures) { $0 + $1.signatures }),
            "key_signatures": .integer(room.servers.count), "signed_bytes": .integer(signedBytes + keyBytes),
        ]
        var output = try Output(path)
        try output.write(facts.compact)
        try output.write("\n")
        try output.close()
        print(String(decoding: facts.compact, as: UTF8.self))
    }
}
