package import Foundation
package import Matrix

/// The folder of test data that lies beside the project, or where SHARED_DIR says; tests that need it say so with
/// `.enabled(if: Shared.has(…))`.
package enum Shared {
    package static let root: URL =
        if let named = ProcessInfo.processInfo.environment["SHARED_DIR"] {
            URL(filePath: named, directoryHint: .isDirectory)
        } else {
            // TestSupport, Tests, the package, and what it lies in
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared").standardized
        }

    package static func has(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    package static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: root.appending(path: path)))
    }

    package static func json(_ path: String) throws -> JSON { try JSON(parsing: bytes(path)) }

    /// The names of the files in a folder, sorted; none where it is absent.
    package static func files(in path: String, suffix: String) -> [String] {
        let all = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path)
        return (all ?? []).filter { $0.hasSuffix(suffix) }.sorted()
    }
}
