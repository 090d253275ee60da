import TestSupport
import Testing

@testable import Federation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

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

    @Test func `stays where it is where it is large, and is read as often as it is asked for`() throws {
        let bytes = (0..<(1 << 20) + 77).map { UInt8(truncatingIfNeeded: $0 >> 3 ^ $0) }
        let saved = TemporaryFile(bytes)
        let file = try BlobFile(saved.path, limit: 8 << 20)
        var last = 0
        let blob = try file.read { blob in
            #expect(blob[last..<blob.count] == Array(bytes[last..<blob.count]))
            last = blob.count
        }
        #expect(last == bytes.count)
        for range in [0..<0, 0..<1, 99..<400_000, (1 << 20)..<bytes.count, 0..<bytes.count] {
            #expect(blob[range] == Array(bytes[range]))
        }
        #expect(blob.contains(Array(bytes[900_000..<900_100])))
        #expect(!blob.contains([1, 1, 1, 1, 1]))
        #expect(try blob.withBytes(in: 500..<505) { outer in try #require(blob[500..<505].first) == outer[0] })
        try file.check()
    }

    @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 76])
    func `that is large and cut off meanwhile has zeros there, and is told from a whole one`(size: Int) throws {
        let saved = TemporaryFile([UInt8](repeating: 7, count: (1 << 20) + 77))
        let file = try BlobFile(saved.path, limit: 8 << 20)
        let blob = try file.read()
        try #require(truncate(saved.path, off_t(size)) == 0)
        let rest = Array(blob.bytes.drop { $0 == 7 })
        #expect(rest == [UInt8](repeating: 0, count: (1 << 20) + 77 - size))
        let failure = #expect(throws: SystemFile.Failure.self) { try file.check() }
        #expect(failure?.description == "\(saved.path): was changed while it was read")
    }

    @Test func `that is large and written to meanwhile is told from one that is not`() throws {
        let saved = TemporaryFile([UInt8](repeating: 7, count: 2 << 20))
        let file = try BlobFile(saved.path, limit: 8 << 20)
        let other = open(saved.path, O_WRONLY)
        #expect(pwrite(other, [8], 1, 5) == 1)
        close(other)
        let failure = #expect(throws: SystemFile.Failure.self) { try file.read() }
        #expect(failure?.description == "\(saved.path): was changed while it was read")
    }

    @Test func `that is large may lose its name meanwhile`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/large"
        try SystemFile.save([UInt8](repeating: 7, count: 2 << 20), to: path, replaces: false)
        let file = try BlobFile(path, limit: 8 << 20)
        #expect(rename(path, "\(folder.path)/other") == 0)
        #expect(chmod("\(folder.path)/other", 0o600) == 0)
        #expect(try file.read().count == 2 << 20)
        #expect(unlink("\(folder.path)/other") == 0)
        try file.check()
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
