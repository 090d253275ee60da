import Foundation
import Matrix
import TestSupport
import Testing

@testable import Federation

@Suite struct WebRootTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `a file is written for all to read, in folders that all can enter`() throws {
        let old = umask(0o077)
        defer { umask(old) }
        let path = try WebRoot(folder.path + "/").write(Array("{}".utf8), to: "/a/b/c")
        #expect(path == "\(folder.path)/a/b/c")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{}")
        #expect(try mode(path) == 0o644)
        #expect(try mode("\(folder.path)/a/b") == 0o755)
    }

    @Test func `a file that is there is replaced, and nothing is left beside it`() throws {
        let root = try WebRoot(folder.path)
        _ = try root.write(Array("old and longer".utf8), to: "/a/b")
        let path = try root.write(Array("new".utf8), to: "/a/b")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a") == ["b"])
    }

    @Test func `nothing is written through a link to another folder`() throws {
        let other = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/a", withDestinationPath: other.path)
        let root = try WebRoot(folder.path)
        let failure = #expect(throws: WebRoot.Failure.self) { try root.write(Array("new".utf8), to: "/a/b") }
        #expect(failure?.description.contains("symbolic link") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == [])
    }

    @Test func `a link that is there is replaced, and not what it leads to`() throws {
        let (target, link) = ("\(folder.path)/target", "\(folder.path)/link")
        try "mine".write(toFile: target, atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        _ = try WebRoot(folder.path).write(Array("new".utf8), to: "/link")
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
        #expect(try String(contentsOfFile: link, encoding: .utf8) == "new")
    }

    @Test func `what is no folder is refused`() throws {
        try "x".write(toFile: "\(folder.path)/file", atomically: false, encoding: .utf8)
        let missing = #expect(throws: WebRoot.Failure.self) { try WebRoot("\(folder.path)/none") }
        #expect(missing?.description.hasSuffix("none: no such file or directory") == true)
        let file = #expect(throws: WebRoot.Failure.self) { try WebRoot("\(folder.path)/file") }
        #expect(file?.description.hasSuffix("is not a folder") == true)
        let inner = #expect(throws: WebRoot.Failure.self) { try WebRoot(folder.path).write([], to: "/file/x") }
        #expect(inner?.description.contains("not a directory") == true)
    }

    /// A name, whither it delegates, where the key is asked for, and what its well-known says.
    static let names: [(Text, Text?, String, Text?)] = [
        ("a.example", nil, "https://a.example:443", "a.example:443"),
        ("a.example", "b.example:8449", "https://b.example:8449", "b.example:8449"),
        ("a.example:8450", nil, "https://a.example:8450", nil), ("192.0.2.1", nil, "https://192.0.2.1:8448", nil),
        ("[2001:db8::1]:1", nil, "https://[2001:db8::1]:1", nil),
    ]

    @Test(arguments: names)
    func `the files are those that others ask for`(
        name: Text, delegate: Text?, base: String, wellKnown: Text?
    ) throws {
        let us = FakeServer(name)
        let files = try StaticKey(
            us.identity, delegate: delegate.flatMap { ServerName($0) }, validUntil: 4_000_000_000_000)
        let pages = Dictionary(uniqueKeysWithValues: files.pages.map { ($0.target, $0) })
        let key = try #require(pages["/_matrix/key/v2/server"])
        let keys = try ServerKeys(JSON(parsing: key.bytes), of: us.name)
        #expect(keys.keys[us.keyID]?.key == us.publicKey)
        #expect(keys.validUntil == 4_000_000_000_000)
        #expect(key.url == "\(base)/_matrix/key/v2/server")
        let version = try #require(pages["/_matrix/federation/v1/version"])
        #expect(try JSON(parsing: version.bytes)["server"]?["name"]?.text == "fedjoin")
        let known = try pages["/.well-known/matrix/server"].map { try JSON(parsing: $0.bytes)["m.server"]?.text }
        #expect(known == wellKnown.map { .some($0) })
        #expect(pages["/.well-known/matrix/server"].map { $0.url.hasPrefix("https://\(us.name)/") } ?? true)
    }
}
