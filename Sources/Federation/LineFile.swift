#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A file that is read line by line, so that it takes no more memory than a line does.
package final class LineFile {
    package enum Line: Sendable, Equatable {
        /// Without its end.
        case whole([UInt8])
        /// The last one, where its end is missing.
        case cut([UInt8])
        /// Longer than may be: nothing more is read.
        case tooLong
    }

    private let path: String
    private let file: CInt
    private let longest: Int
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private var rest = 0..<0

    /// Opens what `path` names; a line may have `longest` bytes.
    package init(_ path: String, namedBy namer: SystemFile.Namer = .person, longest: Int) throws(SystemFile.Failure) {
        self.path = path
        self.longest = longest
        do { file = try SystemFile.input(path, namedBy: namer) } catch {
            chunk.deallocate()
            throw error
        }
        // Where that fails, deinit closes what was opened.
        try fill()
    }

    deinit {
        SystemFile.endInput(file, path)
        chunk.deallocate()
    }

    /// The next line; nil behind the last one.
    package func next() throws(SystemFile.Failure) -> Line? {
        var line: [UInt8] = []
        while !rest.isEmpty {
            let end = lineEnd()
            guard line.count + (end ?? rest.upperBound) - rest.lowerBound <= longest else { return .tooLong }
            line += chunk[rest.lowerBound..<(end ?? rest.upperBound)]
            if let end {
                rest = (end + 1)..<rest.upperBound
                if rest.isEmpty { try fill() }
                return .whole(line)
            }
            try fill()
        }
        return line.isEmpty ? nil : .cut(line)
    }

    /// Where the first line end of what was read is.
    private func lineEnd() -> Int? {
        guard let base = chunk.baseAddress, let end = memchr(base + rest.lowerBound, 0x0A, rest.count) else {
            return nil
        }
        return UnsafeRawPointer(end) - UnsafeRawPointer(base)
    }

    private func fill() throws(SystemFile.Failure) { rest = 0..<(try SystemFile.piece(of: path, file, into: chunk)) }
}
