import Federation
import Foundation
import Matrix
import Testing

/// A folder of the test's own, which goes with it.
private final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "fedjoin-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, _ name: String, mode: Int = 0o600) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: self[name]))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self[name])
        return self[name]
    }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: self[name])[.posixPermissions] as? Int
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

@Suite struct KeyStoreTests {
    private static let line = "ed25519 a_test YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\n"

    private func failure(_ path: String) -> KeyStore.Failure? {
        do throws(KeyStore.Failure) {
            _ = try KeyStore.load(path)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [0o600, 0o400, 0o640, 0o440, 0o700])
    func `a key that its owner and group alone can read is read`(mode: Int) throws {
        let folder = try Folder()
        let key = try KeyStore.load(try folder.write(Self.line, "key", mode: mode))
        #expect(key.id.text == "ed25519:a_test")
    }

    @Test(arguments: [0o644, 0o604, 0o602, 0o601, 0o660, 0o620, 0o666, 0o777])
    func `a key that others can read, or a group write, is refused`(mode: Int) throws {
        let folder = try Folder()
        let failure = failure(try folder.write(Self.line, "key", mode: mode))
        #expect(failure?.kind == .permissions)
        #expect(failure?.description.contains("mode 0\(String(mode, radix: 8))") == true)
    }

    @Test func `what a link leads to counts, not the link`() throws {
        let folder = try Folder()
        let path = try folder.write(Self.line, "key")
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: path)
        #expect(try KeyStore.load(folder["link"]).id.text == "ed25519:a_test")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(failure(folder["link"])?.kind == .permissions)
    }

    @Test(arguments: ["", "# nothing\n", line + line, "ed25519 a_test\n", String(repeating: "x", count: 5000)])
    func `a file that holds no key, or two, is refused without a word of what it holds`(text: String) throws {
        let folder = try Folder()
        let failure = failure(try folder.write(text, "key"))
        #expect(failure?.kind == .malformed)
        #expect(failure?.description.contains("YJDBA9") == false)
        #expect(failure?.description.contains("xxxx") == false)
    }

    @Test func `neither a folder nor a pipe is a key`() throws {
        let folder = try Folder()
        #expect(failure(folder.path)?.kind == .cannotOpen)
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        #expect(failure(folder["pipe"])?.kind == .cannotOpen)
    }

    @Test func `a file that is not there cannot be opened`() throws {
        let folder = try Folder()
        #expect(failure(folder["none"])?.kind == .cannotOpen)
        #expect(failure(folder["none"])?.description.hasSuffix("/none: no such file or directory") == true)
    }

    @Test func `a new key is its owner's alone, and the one that is read again`() throws {
        let folder = try Folder()
        let made = try KeyStore.create(folder["key"], version: "a_new")
        let read = try KeyStore.load(folder["key"])
        #expect(made.id.text == "ed25519:a_new")
        #expect(read.id == made.id)
        #expect(read.publicKey == made.publicKey)
        #expect(try folder.mode("key") == 0o600)
        #expect(folder.names == ["key"], "no draft is left behind")
    }

    @Test func `two new keys differ`() throws {
        let folder = try Folder()
        let (one, two) = (
            try KeyStore.create(folder["1"], version: "a"), try KeyStore.create(folder["2"], version: "a")
        )
        #expect(one.publicKey != two.publicKey)
    }

    @Test func `a key that is there is never overwritten`() throws {
        let folder = try Folder()
        let path = try folder.write("what was there", "key", mode: 0o644)
        let failure = #expect(throws: KeyStore.Failure.self) { try KeyStore.create(path, version: "a") }
        #expect(failure?.kind == .exists)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "what was there")
        #expect(try folder.mode("key") == 0o644)
        #expect(folder.names == ["key"])
    }

    @Test func `nor is a link, whatever it leads to`() throws {
        let folder = try Folder()
        try FileManager.default.createSymbolicLink(
            atPath: folder["key"], withDestinationPath: folder["elsewhere"])
        let failure = #expect(throws: KeyStore.Failure.self) { try KeyStore.create(folder["key"], version: "a") }
        #expect(failure?.kind == .exists)
        #expect(folder.names == ["key"])
    }

    @Test func `of many who make it at once, one does, and all find its key`() async throws {
        let folder = try Folder()
        let made = await withTaskGroup(of: VerifyKey?.self) { group in
            for _ in 0..<16 {
                group.addTask { try? KeyStore.create(folder["key"], version: "a").publicKey }
            }
            return await group.reduce(into: [VerifyKey]()) { all, key in all += [key].compactMap(\.self) }
        }
        #expect(made == [try KeyStore.load(folder["key"]).publicKey])
        #expect(folder.names == ["key"])
    }

    @Test func `missing folders are made, for their owner alone`() throws {
        let folder = try Folder()
        _ = try KeyStore.create(folder["one/two/key"], version: "a")
        #expect(try folder.mode("one") == 0o700)
        #expect(try folder.mode("one/two") == 0o700)
        #expect(try folder.mode("one/two/key") == 0o600)
    }

    @Test func `a file in the way of a folder is an error`() throws {
        let folder = try Folder()
        let path = try folder.write("", "file")
        let failure = #expect(throws: KeyStore.Failure.self) { try KeyStore.create("\(path)/key", version: "a") }
        #expect(failure?.kind == .cannotWrite)
    }

    @Test(arguments: ["", "a b", "a:b", "ä", "a\n", "../a"] as [Text])
    func `a version that no key id can have makes no file`(version: Text) throws {
        let folder = try Folder()
        #expect(throws: KeyStore.Failure.self) { try KeyStore.create(folder["key"], version: version) }
        #expect(folder.names == [])
    }
}
