/// Times as reports have them: in milliseconds, to a tenth.
enum Milliseconds {
    static func tenths(_ time: Double) -> Double { (time * 10).rounded() / 10 }

    /// `TCP 0.1 ms, TLS 2.3 ms` of the phases that took place; nil where none did.
    static func words(_ phases: [(String, Double?)]) -> String? {
        let known = phases.compactMap { name, time in time.map { "\(name) \(tenths($0)) ms" } }
        return known.isEmpty ? nil : known.joined(separator: ", ")
    }
}
