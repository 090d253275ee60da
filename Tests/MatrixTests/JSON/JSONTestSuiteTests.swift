import TestSupport
import Testing

@testable import Matrix

/// nst/JSONTestSuite: what every reader must accept (y_), must refuse (n_), and may do either with (i_).
@Suite(.enabled(if: Shared.has("jsontestsuite/test_parsing"), Shared.absence))
struct JSONTestSuiteTests {
    private func reads(_ file: String, duplicates: Bool = true) throws -> Bool {
        let bytes = try Shared.bytes("jsontestsuite/test_parsing/\(file)")
        return (try? JSON(parsing: bytes, allowsDuplicateKeys: duplicates)) != nil
    }

    private func files(_ prefix: String) -> [String] {
        Shared.files(in: "jsontestsuite/test_parsing", suffix: ".json").filter { $0.hasPrefix(prefix) }
    }

    @Test func `all 95 good documents are read`() throws {
        let files = files("y_")
        #expect(files.count == 95)
        #expect(try files.filter { try !reads($0) } == [])
    }

    @Test func `of these, only the two with a key twice are refused where no key may stand twice`() throws {
        let refused = try files("y_").filter { try !reads($0, duplicates: false) }
        #expect(refused == ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"])
    }

    @Test func `all 188 bad documents are refused`() throws {
        let files = files("n_")
        #expect(files.count == 188)
        #expect(try files.filter { try reads($0) } == [])
    }

    @Test func `the 35 undecided documents are read where they are text and numbers, refused otherwise`() throws {
        let files = files("i_")
        #expect(files.count == 35)
        let read = try files.filter { try reads($0) }
        #expect(read.allSatisfy { $0.hasPrefix("i_number_") })
        #expect(read.count == 10)
    }
}
