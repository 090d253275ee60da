/// A line of a transcript in colours, by what stands in its gutter: never by colour alone.
package enum Colors {
    private static let ends: [(gutters: [TextReport.Gutter], code: String)] = [
        ([.passed], "32"), ([.warned], "33"), ([.failed, .unexpected], "31"),
    ]

    package static func painted(_ line: String) -> String {
        if line.hasPrefix(TextReport.Gutter.said.rawValue) { return "\u{1B}[1m\(line)\u{1B}[0m" }
        for (gutters, code) in ends {
            for gutter in gutters where line.hasPrefix("\(gutter.rawValue) ") {
                return "\u{1B}[\(code)m\(gutter.rawValue)\u{1B}[0m" + line.dropFirst(gutter.rawValue.count)
            }
        }
        return line
    }

    /// Whether a stream is to have colours, where the person left that to us.
    package static func areWanted(isTerminal: Bool, environment: (String) -> String?) -> Bool {
        if environment("NO_COLOR") != nil { return false }
        if let force = environment("CLICOLOR_FORCE"), force != "0" { return true }
        return isTerminal && environment("TERM") != "dumb"
    }
}
