import Testing

@testable import Matrix

/// What is refused stands among the checks of a template, which reads its references here.
@Suite struct EventReferencesTests {
    @Test(arguments: RoomVersion.all)
    func `reads ids in their order, twice where they stand twice`(version: RoomVersion) throws {
        let list: JSON = .array([2, 1, 2].map { Sample.reference($0, version) })
        let ids = try EventReferences.read(list, "prev_events", version)
        #expect(ids.map(\.text) == [2, 1, 2].map { Sample.eventID($0, version) })
        #expect(try EventReferences.read([], "prev_events", version) == [])
    }

    @Test func `versions 1 and 2 may leave the hash out or pad it`() throws {
        let list: JSON = [["$a:b", [:]], ["$c:d", ["sha256": "Zg=="]]]
        #expect(try EventReferences.read(list, "auth_events", .v2).map(\.text) == ["$a:b", "$c:d"])
    }

    @Test func `says which list is wrong and how`() {
        let failure = #expect(throws: PDU.Failure.self) { try EventReferences.read(nil, "auth_events", .v3) }
        #expect(failure?.description == "auth_events is not a list")
        let other = #expect(throws: PDU.Failure.self) { try EventReferences.read(["$a:b"], "prev_events", .v3) }
        #expect(other?.description == "prev_events holds what is no event reference of room version 3")
    }
}
