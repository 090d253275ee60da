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

    @Test func `a link and a pipe are no plain files, wherever a link leads`() throws {
        let path = folder.path
        try Data("x".utf8).write(to: URL(filePath: "\(path)/file"))
        try FileManager.default.createSymbolicLink(atPath: "\(path)/link", withDestinationPath: "\(path)/file")
        #expect(mkfifo("\(path)/pipe", 0o600) == 0)
        let special = ["file", "link", "pipe", "none", "."].filter { SystemFile.isNoPlainFile("\(path)/\($0)") }
        #expect(special == ["link", "pipe"])
    }
}
