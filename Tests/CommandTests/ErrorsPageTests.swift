import Foundation
import Handshake
import TestSupport
import Testing

@Suite struct ErrorsPageTests {
    @Test func `the man page of errors has every cause of the catalogue, in its order, and no other`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let page = try String(contentsOf: root.appending(path: "man/fedjoin-errors.7"), encoding: .utf8)
        let listed = page.split(separator: "\n").filter { $0.hasPrefix(".It Sy ") }.map { String($0.dropFirst(7)) }
        #expect(listed == Diagnosis.catalogue.map(\.id))
        for hint in Diagnosis.catalogue.flatMap(\.hints) where !hint.contains("{") && !hint.contains("\\") {
            #expect(page.contains(hint), "make pages writes it anew")
        }
    }
}
