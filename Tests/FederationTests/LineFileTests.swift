import TestSupport
import Testing

@testable import Federation

@Suite(.timeLimit(.minutes(5))) struct `A file that is read line by line` {
    private func lines(_ text: String, longest: Int = 1 << 20) throws -> [LineFile.Line] {
        let saved = TemporaryFile(text)
        let file = try LineFile(saved.path, longest: longest)
        var lines: [LineFile.Line] = []
        while let line = try file.next() {
            lines.append(line)
            if line == .tooLong { break }
        }
        return lines
    }

    static let texts: [(text: String, found: [LineFile.Line])] = [
        ("", []), ("\n", [.whole([])]), ("a", [.cut([0x61])]), ("a\n", [.whole([0x61])]),
        ("a\n\nb", [.whole([0x61]), .whole([]), .cut([0x62])]),
    ]

    @Test(arguments: texts)
    func `has its lines in their order, and the last one may lack its end`(text: String, found: [LineFile.Line]) throws
    {
        #expect(try lines(text) == found)
    }

    @Test(arguments: [(1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 19])
    func `has a line that is longer than what is read at once`(size: Int) throws {
        let long = [UInt8](repeating: 0x61, count: size)
        let text = String(repeating: "a", count: size)
        #expect(try lines("\(text)\nb\n") == [.whole(long), .whole([0x62])])
        #expect(try lines("b\n\(text)") == [.whole([0x62]), .cut(long)])
    }

    @Test(arguments: ["\n", ""])
    func `has no line that is longer than may be`(end: String) throws {
        for size in [10, 300_000] {
            let text = String(repeating: "a", count: size)
            #expect(try lines("b\n\(text)\(end)", longest: size).count == 2)
            #expect(try lines("b\n\(text)\(end)", longest: size - 1) == [.whole([0x62]), .tooLong])
        }
    }

    @Test func `is refused where that is not there, or a folder`() throws {
        let folder = try TemporaryFolder()
        let absent = #expect(throws: SystemFile.Failure.self) { try LineFile("\(folder.path)/x", longest: 9) }
        #expect(absent?.description == "\(folder.path)/x: no such file or directory")
        let isFolder = #expect(throws: SystemFile.Failure.self) { try LineFile(folder.path, longest: 9) }
        #expect(isFolder?.description == "\(folder.path): is a directory")
    }
}
