import Foundation
import TestSupport
import Testing

extension Shared {
    static let absence: Comment = "the folder ../shared (or SHARED_DIR) is not there"
}

@Suite struct SharedTests {
    static let isNamed = ProcessInfo.processInfo.environment["SHARED_DIR"] != nil

    @Test(.enabled(if: isNamed, "SHARED_DIR is not set"))
    func `finds the folder that SHARED_DIR names`() {
        #expect(Shared.has("vectors/README.md"), "a folder named on purpose is never passed over")
    }
}
