// Reads a request a line, and writes an answer a line: what we make of events, for other implementations to compare.
//
//   {"op": "judge", "room_version": "10", "event": {…}, "event_id": "$…", "auth_events": [{"event": {…},
//    "event_id": "$…", "rejected": false}, …], "create": {…} or null, "signed_by_authoriser": true}
//   {"allowed": false, "rule": "4.3.3", "reason": "the sender is banned"}
//
//   {"op": "rules", "room_version": "10"}
//   ["1.1", "1.2", …]: those that decide
//
//   {"op": "hashes", "room_version": "10", "event": {…}, "keys": {"server": {"ed25519:1": "base64"}}}
//   {"event_id": "$…", "content_hash": "…", "content_matches": true, "reference_hash": "…", "redacted": {…},
//    "signatures": {"server": "valid"}}
//
// With --time it reads requests of the first kind, and writes how many nanoseconds it takes to judge one that is let in.

import Foundation
import Matrix

private func answer(_ line: String) -> JSON {
    do {
        let request = try JSON(parsing: Array(line.utf8))
        switch request["op"]?.text {
        case "hashes": return try Hashing.answer(request)
        case "rules":
            return .array(try request.version().rules.all.filter(\.rule.isLeaf).map { .string($0.number.text) })
        default: return try Judging(request).answer
        }
    } catch {
        return ["error": .string(Text("\(error)"))]
    }
}

/// The least of some rounds, as other work on the machine only adds to it.
private func time(_ requests: [Judging]) -> Double {
    let allowed = requests.filter(\.verdict.isAllowed)
    let rules = allowed.map(\.version.rules)
    let (events, contexts) = (allowed.map(\.event), allowed.map(\.context))
    let rounds = (0..<50).map { _ in
        var count = 0
        let duration = ContinuousClock().measure {
            for _ in 0..<100 {
                for i in events.indices where rules[i].judge(events[i], contexts[i]).isAllowed { count += 1 }
            }
        }
        return duration / .nanoseconds(1) / Double(max(count, 1))
    }
    return rounds.min() ?? 0
}

if CommandLine.arguments.contains("--time") {
    var requests: [Judging] = []
    while let line = readLine() { requests.append(try Judging(JSON(parsing: Array(line.utf8)))) }
    print("\(Int(time(requests))) ns")
} else {
    while let line = readLine() { print(text(answer(line))) }
}

private func text(_ value: JSON) -> String { String(decoding: value.compact, as: UTF8.self) }
