import Foundation
import TestSupport
import Testing

/// One command of a script, and what it is to say.
///
///     $ fedjoin join             a line of shell, in a folder of the script's own
///     lines of stdout, where <<...>> is a regular expression
///     ! a line of stderr
///     ? 64                       the exit status, where it is not 0
///
/// Lines before the first `$` and lines that begin with `# ` are comments.
private struct Step: Sendable {
    let line: Int
    let command: String
    var stdout: [String] = []
    var stderr: [String] = []
    var status: Int32 = 0

    static func parse(_ script: String) -> [Step] {
        var steps: [Step] = []
        for (i, text) in script.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if text.hasPrefix("$ ") {
                steps.append(Step(line: i + 1, command: String(text.dropFirst(2))))
                continue
            }
            guard let last = steps.indices.last, !text.hasPrefix("# ") else { continue }
            if text.hasPrefix("! ") {
                steps[last].stderr.append(String(text.dropFirst(2)))
            } else if text.hasPrefix("? ") {
                steps[last].status = Int32(text.dropFirst(2)) ?? -1
            } else {
                steps[last].stdout.append(String(text))
            }
        }
        return steps.map(\.withoutBlankEnd)
    }

    /// Blank lines between steps are for the reader.
    private var withoutBlankEnd: Step {
        var step = self
        while step.stdout.last == "" { step.stdout.removeLast() }
        return step
    }
}

@Suite struct UsageTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let scripts = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".txt") }.sorted()

    @Test func `there are scripts to run`() { #expect(Self.scripts.count >= 8) }

    @Test(arguments: scripts)
    func `says what the script has it say`(name: String) async throws {
        let script = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        let steps = Step.parse(script)
        #expect(!steps.isEmpty)
        let runner = try CommandRunner()
        for step in steps {
            let result = try await runner.shell(step.command)
            let place = Comment(rawValue: "\(name):\(step.line): \(step.command)")
            #expect(result.status == step.status, place)
            expect(result.stdoutLines, like: step.stdout, place)
            expect(result.stderrLines, like: step.stderr, place)
        }
    }

    private func expect(_ lines: [String], like patterns: [String], _ place: Comment) {
        guard lines.count == patterns.count else {
            Issue.record("\(place): \(patterns.count) lines were due:\n\(lines.joined(separator: "\n"))")
            return
        }
        for (line, pattern) in zip(lines, patterns) { #expect(matches(line, pattern), "\(place): \(pattern)") }
    }

    private func matches(_ line: String, _ pattern: String) -> Bool {
        let parts = pattern.components(separatedBy: "<<").enumerated().map { i, part in
            guard i > 0, let end = part.range(of: ">>") else { return NSRegularExpression.escapedPattern(for: part) }
            return part[..<end.lowerBound] + NSRegularExpression.escapedPattern(for: String(part[end.upperBound...]))
        }
        return line.range(of: "^\(parts.joined())$", options: .regularExpression) != nil
    }
}
