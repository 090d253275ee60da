import Foundation
import Testing

@testable import Matrix

/// The folder of test data that lies beside the project, or where SHARED_DIR says; tests that need it say so with
/// `.enabled(if: Shared.has(…))`.
enum Shared {
    static let absence: Comment = "the folder ../shared (or SHARED_DIR) is not there"

    static let root: URL =
        if let named = ProcessInfo.processInfo.environment["SHARED_DIR"] {
            URL(filePath: named, directoryHint: .isDirectory)
        } else {
            // Support, MatrixTests, Tests, the package, and what it lies in
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared").standardized
        }

    static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: path).path) }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appending(path: path))) }

    static func json(_ path: String) throws -> JSON { try JSON(parsing: bytes(path)) }

    /// The names of the files in a folder, sorted; none where it is absent.
    static func files(in path: String, suffix: String) -> [String] {
        let all = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path)
        return (all ?? []).filter { $0.hasSuffix(suffix) }.sorted()
    }
}

@Suite struct SharedTests {
    static let isNamed = ProcessInfo.processInfo.environment["SHARED_DIR"] != nil

    @Test(.enabled(if: isNamed, "SHARED_DIR is not set"))
    func `finds the folder that SHARED_DIR names`() {
        #expect(Shared.has("vectors/README.md"), "a folder named on purpose is never passed over")
    }
}
