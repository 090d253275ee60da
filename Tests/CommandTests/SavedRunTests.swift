import Foundation
import TestSupport
import Testing

@testable import Federation
@testable import Handshake
@testable import fedjoin

/// A run in a folder that somebody else has made.
@Suite(.timeLimit(.minutes(5))) struct SavedRunTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ lines: [String], to name: String) throws {
        try lines.map { $0 + "\n" }.joined().write(
            toFile: "\(folder.path)/\(name)", atomically: false, encoding: .utf8)
    }

    private static func record(_ title: String) -> String {
        #"{"type":"stage_start","stage":"sign","title":"\#(title)"}"#
    }

    private func titles() throws -> [String] {
        var titles: [String] = []
        let show: (Record) -> Void = { record in
            if case .stageStart(let start) = record.event { titles.append(start.title) }
        }
        _ = try SavedRun(folder.path).forEach(show)
        return titles
    }

    /// What a file was when it was looked at says nothing of what is opened.
    @Test func `whatever takes the place of its file meanwhile, no link is followed`() throws {
        try write([Self.record("ours")], to: "file")
        try write([Self.record("secret")], to: "secret")
        let path = folder.path
        try FileManager.default.createSymbolicLink(atPath: "\(path)/link", withDestinationPath: "\(path)/secret")
        let isDone = Locked(false)
        // A thread of its own: the pool's may all be busy with tests.
        Thread.detachNewThread {
            while !isDone.withLock({ $0 }) {
                for name in ["file", "link"] {
                    unlink("\(path)/next")
                    // A link of its own to what either is.
                    linkat(AT_FDCWD, "\(path)/\(name)", AT_FDCWD, "\(path)/next", 0)
                    rename("\(path)/next", "\(path)/run.ndjson")
                }
            }
        }
        var seen: Set<String> = []
        for _ in 0..<3000 { seen.formUnion((try? titles()) ?? []) }
        isDone.withLock { $0 = true }
        #expect(seen == ["ours"])
    }

    @Test func `a line that is longer than a record can be is read no further`() throws {
        try write([Self.record("one"), Self.record(String(repeating: "x", count: 32 << 20))], to: "run.ndjson")
        var seen = 0
        let show: (Record) -> Void = { _ in seen += 1 }
        let error = #expect(throws: UsageError.self) {
            _ = try SavedRun(folder.path).forEach(show)
        }
        #expect(
            error?.message == "\(folder.path)/run.ndjson: line 2: it has more than 33554432 bytes, as no record has")
        #expect(error?.status == 65)
        #expect(seen == 1)
    }
}
