import Foundation
import Matrix
import Testing

@Suite struct ShellTests {
    static let quoted: [(word: String, quoted: String)] = [
        ("a-b_c/d.e:8448", "a-b_c/d.e:8448"), ("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("$x", "'$x'"),
        ("!a:b", "'!a:b'"), ("é", "'é'"), ("~", "'~'"), ("{a,b}", "'{a,b}'"), ("*", "'*'"), ("a?", "'a?'"),
        ("a;b", "'a;b'"), ("a|b", "'a|b'"), ("a&b", "'a&b'"), ("`a`", "'`a`'"), (#"a\b"#, #"'a\b'"#), ("<a", "'<a'"),
        ("a\nb", "'a\nb'"), ("#a", "'#a'"), (#"""#, #"'"'"#), ("(a)", "'(a)'"), ("'", #"''\'''"#),
    ]

    @Test(arguments: quoted)
    func `a word is quoted where a shell would read it otherwise`(word: String, quoted: String) {
        #expect(Shell.quoted(word) == quoted)
    }

    @Test func `quoted words are read back as a shell reads them`() throws {
        let words = Self.quoted.map(\.word)
        let line = words.map(Shell.quoted).joined(separator: " ")
        #expect(Shell.words(of: line) == words)
        let (shell, pipe) = (Process(), Pipe())
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", #"printf '%s\0' "# + line]
        shell.standardOutput = pipe
        try shell.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        #expect(said == words.map { $0 + "\0" }.joined())
    }

    @Test(arguments: [
        "a;b", "a|b", "a&", "$a", "`a`", "a\\", "\\a", "!a", "{a}", "~", "*", "a?", "a\nb", "a\tb", "(a)", "a>b", "<a",
        "\"a\"", "#a", "^a", "'a", "'a'\\''", "é",
    ])
    func `a line in which something is left to a shell has no words`(line: String) {
        #expect(Shell.words(of: line) == nil)
    }

    @Test func `words stand apart by any number of spaces`() {
        #expect(Shell.words(of: "  a  'b c'd ") == ["a", "b cd"])
        #expect(Shell.words(of: "") == [])
    }
}
