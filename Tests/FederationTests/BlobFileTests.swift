import TestSupport
import Testing

@testable import Federation

@Suite(.timeLimit(.minutes(5))) struct `A file on its way into a blob` {
    @Test(arguments: [0, 1, (1 << 18) + 1, (4 << 20) + 12_345])
    func `has all of it`(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 >> 3 ^ $0) }
        let file = TemporaryFile(bytes)
        #expect(try BlobFile(file.path, limit: 8 << 20).read().bytes == bytes)
        #expect(try BlobFile(file.path, limit: size).read().bytes == bytes, "as long as may be")
    }

    @Test func `tells what has arrived meanwhile`() throws {
        let bytes = (0..<(3 << 18)).map { UInt8(truncatingIfNeeded: $0 >> 3) }
        let saved = TemporaryFile(bytes)
        let file = try BlobFile(saved.path, limit: 8 << 20)
        #expect(file.count == bytes.count)
        var counts: [Int] = []
        _ = try file.read { counts.append($0.count) }
        #expect(counts == [1 << 18, 2 << 18, 3 << 18])
    }

    @Test func `is refused where that is too long`() {
        let file = TemporaryFile([UInt8](repeating: 1, count: 1000))
        let failure = #expect(throws: SystemFile.Failure.self) { try BlobFile(file.path, limit: 999) }
        #expect(failure?.description == "\(file.path): more than 999 bytes, or more than the disk has")
    }

    @Test func `is refused where that is not there, or a folder`() throws {
        let folder = try TemporaryFolder()
        let absent = #expect(throws: SystemFile.Failure.self) { try BlobFile("\(folder.path)/x", limit: 9) }
        #expect(absent?.description == "\(folder.path)/x: no such file or directory")
        let isFolder = #expect(throws: SystemFile.Failure.self) { try BlobFile(folder.path, limit: 9) }
        #expect(isFolder?.description == "\(folder.path): is a directory")
    }

    @Test func `is refused where there is no room for its limit`() {
        let file = TemporaryFile([1])
        let failure = #expect(throws: SystemFile.Failure.self) { try BlobFile(file.path, limit: Int.max) }
        #expect(failure?.description == "no room for \(file.path)")
    }
}
