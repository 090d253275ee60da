import Federation
import Foundation
import TestSupport
import Testing

@Suite struct NewFolderTests {
    private let home: TemporaryFolder
    private let folder: NewFolder
    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] }

    init() throws {
        home = try TemporaryFolder()
        folder = try NewFolder("\(home.path)/run")
    }

    @Test func `a file that is written whole is alone in the folder, for its owner`() throws {
        try folder.write(Array("{}".utf8), whole: "event.json")
        #expect(names == ["event.json"])
        #expect(try SystemFile.readAll("\(folder.path)/event.json", limit: 10) == Array("{}".utf8))
        let facts = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/event.json")
        #expect(facts[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a file that is there is not written anew, and nothing is left beside it`() throws {
        try folder.make("event.json").write(Array("1".utf8))
        let failure = #expect(throws: SystemFile.Failure.self) {
            try folder.write(Array("2".utf8), whole: "event.json")
        }
        #expect(failure?.description == "\(folder.path)/event.json: file exists")
        #expect(names == ["event.json"])
        #expect(try SystemFile.readAll("\(folder.path)/event.json", limit: 10) == Array("1".utf8))
    }

    @Test func `nor is a link that leads nowhere`() throws {
        let link = "\(folder.path)/event.json"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere")
        #expect(throws: SystemFile.Failure.self) { try folder.write([], whole: "event.json") }
        #expect(names == ["event.json"])
    }
}
