package import Matrix

/// One SRV record: a target to try, and when (RFC 2782).
package struct SRVRecord: Sendable, Hashable {
    package let priority: Int
    package let weight: Int
    package let port: Int
    /// `.` alone says that there is decidedly no such service.
    package let target: Text

    package init(priority: Int, weight: Int, port: Int, target: Text) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }

    package var isNoService: Bool { target == "." || target.isEmpty }
}

extension [SRVRecord] {
    /// How many targets are tried at most.
    static var most: Int { 10 }

    /// The records in the order to try them: by priority, and among equals at random by weight (RFC 2782, "The format
    /// of the SRV RR": those of weight 0 first in the list that is drawn from).
    package func ordered(using generator: inout some RandomNumberGenerator) -> [SRVRecord] {
        var ordered: [SRVRecord] = []
        for priority in Set(map(\.priority)).sorted() {
            var waiting = filter { $0.priority == priority }.sorted { $0.weight < $1.weight }
            while !waiting.isEmpty {
                let draw = Int.random(in: 0...waiting.reduce(0) { $0 + $1.weight }, using: &generator)
                var sum = 0
                let at =
                    waiting.firstIndex {
                        sum += $0.weight
                        return sum >= draw
                    } ?? 0
                ordered.append(waiting.remove(at: at))
            }
        }
        return ordered
    }
}
