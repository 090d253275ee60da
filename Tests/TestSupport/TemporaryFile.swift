#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A file that is there as long as this is.
package final class TemporaryFile: Sendable {
    package let path: String

    package init(_ bytes: [UInt8]) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/fedjoin-test-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        precondition(file >= 0, "no temporary file: \(String(cString: strerror(errno)))")
        precondition(write(file, bytes, bytes.count) == bytes.count)
        close(file)
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    package convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit { unlink(path) }
}
