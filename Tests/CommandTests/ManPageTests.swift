import Foundation
import Handshake
import TestSupport
import Testing

/// What `--experimental-dump-help` says of a command.
private struct ToolInfo: Decodable {
    struct Command: Decodable {
        let commandName: String
        let shouldDisplay: Bool
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String

            /// As a man page has it, after `Fl`: the first of two hyphens is the macro's.
            var flag: String { kind == "long" ? "-\(name)" : name }
        }

        let kind: String
        let shouldDisplay: Bool
        let names: [Name]?
        let valueName: String?
        let sectionTitle: String?

        /// `N , Fl -server-name Ar name`, as the line of it in the man page.
        var entry: String {
            let flags = (names ?? []).map(\.flag).joined(separator: " , Fl ")
            return kind == "option" ? "\(flags) Ar \(valueName ?? "")" : flags
        }
    }

    let command: Command

    static func read() async throws -> ToolInfo {
        let result = try await CommandRunner().run("--experimental-dump-help")
        return try JSONDecoder().decode(ToolInfo.self, from: Data(result.stdout.utf8))
    }

    /// Every command that does something, as it is typed: `key generate`.
    var commands: [(path: String, command: Command)] { Self.leaves(command, []) }

    var options: [Argument] {
        ([command] + commands.map(\.command)).flatMap { $0.arguments ?? [] }
            .filter { $0.shouldDisplay && $0.kind != "positional" }
    }

    private static func leaves(_ command: Command, _ path: [String]) -> [(path: String, command: Command)] {
        guard command.shouldDisplay else { return [] }
        let children = (command.subcommands ?? []).flatMap { leaves($0, path + [$0.commandName]) }
        return children.isEmpty ? [(path.joined(separator: " "), command)] : children
    }
}

/// A page of the documentation, by its lines.
private struct Page {
    static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
    let lines: [String]

    init(_ path: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The lines under a heading, up to the next of its kind: `Sh COMMANDS`.
    func section(_ heading: String) -> [String] {
        guard let start = lines.firstIndex(of: ".\(heading)") else { return [] }
        let ends = heading.hasPrefix("Sh") ? [".Sh "] : [".Sh ", ".Ss "]
        return Array(lines[(start + 1)...].prefix { line in !ends.contains { line.hasPrefix($0) } })
    }

    /// The rows of its tables whose first cell `isFirst` accepts, by that cell.
    func rows(_ isFirst: (String) -> Bool) -> [String: String] {
        var rows: [String: String] = [:]
        for line in lines {
            let separator = line.hasPrefix(".It ") ? " Ta " : "|"
            let text = line.hasPrefix(".It ") ? String(line.dropFirst(4)) : line.hasPrefix("|") ? line : ""
            let cells = text.components(separatedBy: separator).map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { !$0.isEmpty }
            if cells.count > 1, isFirst(cells[0]) { rows[cells[0]] = cells[1] }
        }
        return rows
    }
}

@Suite struct ManPageTests {
    @Test func `the man page has every command, and no other`() async throws {
        let wanted = Set(try await ToolInfo.read().commands.map(\.path))
        let described = try Page("man/fedjoin.1").section("Sh COMMANDS").compactMap { line -> String? in
            guard line.hasPrefix(".It Cm ") else { return nil }
            return line.split(separator: " ").dropFirst(2).prefix {
                $0.allSatisfy { $0.isLowercase || $0 == "-" } && $0 != "Op"
            }
            .joined(separator: " ")
        }
        #expect(Set(described) == wanted)
    }

    @Test func `the man page has every option with its names and value, and no other`() async throws {
        let wanted = Set(try await ToolInfo.read().options.map(\.entry))
        let described = try Page("man/fedjoin.1").section("Sh OPTIONS").filter { $0.hasPrefix(".It Fl ") }
            .map { String($0.dropFirst(7)) }
        #expect(Set(described) == wanted)
        #expect(described.count == wanted.count, "each has one place")
    }

    @Test func `the man page has the options of a group under the title that --help has`() async throws {
        let page = try Page("man/fedjoin.1")
        for option in try await ToolInfo.read().options {
            guard let title = option.sectionTitle else { continue }
            #expect(page.section("Ss \(title)").contains(".It Fl \(option.entry)"), "\(title): \(option.entry)")
        }
    }

    @Test func `the synopsis has every command`() async throws {
        let synopsis = try Page("man/fedjoin.1").section("Sh SYNOPSIS")
        for path in try await ToolInfo.read().commands.map(\.path) { #expect(synopsis.contains(".Cm \(path)")) }
    }

    @Test func `the man page has every field of a record`() async throws {
        let page = try Page("man/fedjoin.1").section("Ss Records")
        let result = try await CommandRunner().run("demo", "-o", "ndjson")
        #expect(result.status == 0)
        let everywhere: Set = ["v", "type", "t"]
        for line in result.stdoutLines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let type = try #require(object["type"] as? String)
            let start = try #require(page.firstIndex(of: ".It Va \(type)"), "\(type)")
            let text = page[(start + 1)...].prefix { !$0.hasPrefix(".It ") }
            let words = Set(text.flatMap { $0.split { !$0.isLetter && $0 != "_" } }.map(String.init))
            let missing = Set(object.keys).subtracting(everywhere).subtracting(words)
            #expect(missing.isEmpty, "\(type): \(missing.sorted())")
        }
    }
}

@Suite struct ExitCodeTests {
    static let pages = ["man/fedjoin.1", "README.md"]

    @Test(arguments: pages)
    func `names every stage beside its tens`(path: String) throws {
        let rows = try Page(path).rows { $0.count == 2 && $0.hasSuffix("x") && $0.first?.isNumber == true }
        var wanted: [String: [String]] = [:]
        for stage in Stage.allCases {
            wanted["\(Failure(stage, .other, "").exit / 10)x", default: []].append(stage.rawValue)
        }
        #expect(rows.mapValues { $0.components(separatedBy: ", ").sorted() } == wanted.mapValues { $0.sorted() })
    }

    @Test(arguments: pages)
    func `names every class beside its ones`(path: String) throws {
        let rows = try Page(path).rows { $0.count == 2 && $0.hasPrefix("x") && $0.last?.isNumber == true }
        var wanted: [String: String] = [:]
        for kind in FailureClass.allCases where kind != .usage {
            wanted["x\(Failure(.verify, kind, "").exit % 10)"] = kind.rawValue
        }
        #expect(rows == wanted)
    }

    @Test func `both pages have the same other codes`() throws {
        let codes = try Self.pages.map { path in
            Set(try Page(path).rows { Int($0).map { (60..<80).contains($0) } ?? false }.keys)
        }
        #expect(codes[0] == codes[1])
        #expect(codes[0].contains("\(Failure(.verify, .usage, "").exit)"))
    }
}
