import Testing

@testable import Reporting

@Suite struct ColorsTests {
    static let lines = [
        (" ok a check", "\u{1B}[32m ok\u{1B}[0m a check"), (" !! a warning", "\u{1B}[33m !!\u{1B}[0m a warning"),
        ("*** failed", "\u{1B}[31m***\u{1B}[0m failed"), ("<** 403", "\u{1B}[31m<**\u{1B}[0m 403"),
        ("=== said", "\u{1B}[1m=== said\u{1B}[0m"), (" -> GET", " -> GET"), ("<-  200", "<-  200"), ("", ""),
        (" .. left out", " .. left out"),
    ]

    @Test(arguments: lines)
    func `a gutter has its colour, and the words stay`(line: String, painted: String) {
        #expect(Colors.painted(line) == painted)
    }

    static let surroundings: [(Bool, [String: String], Bool)] = [
        (true, ["TERM": "xterm"], true), (false, ["TERM": "xterm"], false), (true, ["TERM": "dumb"], false),
        (true, ["TERM": "xterm", "NO_COLOR": "1"], false), (false, ["CLICOLOR_FORCE": "1"], true),
        (false, ["CLICOLOR_FORCE": "0"], false), (true, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], false),
        (false, ["CLICOLOR_FORCE": "1", "TERM": "dumb"], true),
    ]

    @Test(arguments: surroundings)
    func `colours are for terminals, unless the environment says otherwise`(
        isTerminal: Bool, variables: [String: String], areWanted: Bool
    ) {
        #expect(Colors.areWanted(isTerminal: isTerminal) { variables[$0] } == areWanted)
    }
}
