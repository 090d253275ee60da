import Federation
import Foundation
import TestSupport
import Testing

@Suite struct SystemFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }

    @Test(arguments: [nil, "before, and longer"])
    func `writes a file whole, in place of what is there, and leaves nothing else`(before: String?) throws {
        if let before { try before.write(toFile: "\(folder.path)/a", atomically: true, encoding: .utf8) }
        try SystemFile.checkPlace("\(folder.path)/a")
        #expect(try before == nil || text("a") == before)
        try SystemFile.saveWhole(Array("after".utf8), to: "\(folder.path)/a")
        #expect(try text("a") == "after")
        #expect(names == ["a"])
    }

    @Test func `a link stays one, and what it leads to is written`() throws {
        try "before".write(toFile: "\(folder.path)/a", atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/b", withDestinationPath: "\(folder.path)/a")
        try SystemFile.saveWhole(Array("after".utf8), to: "\(folder.path)/b")
        #expect(try text("a") == "after")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder.path)/b") == "\(folder.path)/a")
    }

    @Test func `a device is written to, and stays what it is`() throws {
        try SystemFile.checkPlace("/dev/null")
        try SystemFile.saveWhole([1], to: "/dev/null")
        var facts = stat()
        #expect(stat("/dev/null", &facts) == 0 && facts.st_mode & S_IFMT == S_IFCHR)
        #expect(throws: SystemFile.Failure.self) { try SystemFile.saveWhole([1], to: "/dev/full") }
    }

    @Test(arguments: ["", "/nowhere/a"])
    func `says beforehand where nothing can be put`(path: String) {
        #expect(throws: SystemFile.Failure.self) { try SystemFile.checkPlace(folder.path + path) }
        #expect(throws: SystemFile.Failure.self) { try SystemFile.saveWhole([1], to: folder.path + path) }
        #expect(names.isEmpty)
    }

    @Test(arguments: [
        ("file", nil), ("link", "is no file"), ("nowhere", "is no file"), ("pipe", "is no file"),
        ("none", "no such file or directory"), (".", "is a directory"),
    ])
    func `of a folder that nobody named a file is read, and neither a link nor a pipe`(
        name: String, problem: String?
    ) throws {
        try make()
        let path = "\(folder.path)/\(name)"
        var failure: SystemFile.Failure?
        do { #expect(try SystemFile.readAll(path, namedBy: .folder, limit: 9) == [0x78]) } catch { failure = error }
        #expect(failure?.description == problem.map { "\(path): \($0)" })
        #expect(failure?.isNoFile ?? false == (problem == "is no file"))
    }

    @Test func `what the person names is read, also where a link leads`() throws {
        try make()
        #expect(try SystemFile.readAll("\(folder.path)/link", limit: 9) == [0x78])
    }

    private func make() throws {
        let path = folder.path
        try Data("x".utf8).write(to: URL(filePath: "\(path)/file"))
        try FileManager.default.createSymbolicLink(atPath: "\(path)/link", withDestinationPath: "\(path)/file")
        try FileManager.default.createSymbolicLink(atPath: "\(path)/nowhere", withDestinationPath: "\(path)/none")
        #expect(mkfifo("\(path)/pipe", 0o600) == 0)
    }
}
