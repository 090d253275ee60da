import Testing

@testable import Matrix

@Suite struct RoomVersionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let id: Text
        let eventIDs: RoomVersion.EventIDs
        let numbers: CanonicalJSON.Numbers
        let enforcesKeyValidity: Bool
        let allowsRestrictedJoins: Bool
        let namesRoomsByHash: Bool
        var testDescription: String { "version \(id)" }

        init(
            _ id: Text,
            _ eventIDs: RoomVersion.EventIDs,
            _ numbers: CanonicalJSON.Numbers,
            validity: Bool,
            restricted: Bool,
            hashRooms: Bool
        ) {
            self.id = id
            self.eventIDs = eventIDs
            self.numbers = numbers
            enforcesKeyValidity = validity
            allowsRestrictedJoins = restricted
            namesRoomsByHash = hashRooms
        }
    }

    static let rows = [
        Row("1", .chosen, .lenient, validity: false, restricted: false, hashRooms: false),
        Row("2", .chosen, .lenient, validity: false, restricted: false, hashRooms: false),
        Row("3", .standardHash, .lenient, validity: false, restricted: false, hashRooms: false),
        Row("4", .urlSafeHash, .lenient, validity: false, restricted: false, hashRooms: false),
        Row("5", .urlSafeHash, .lenient, validity: true, restricted: false, hashRooms: false),
        Row("6", .urlSafeHash, .strict, validity: true, restricted: false, hashRooms: false),
        Row("7", .urlSafeHash, .strict, validity: true, restricted: false, hashRooms: false),
        Row("8", .urlSafeHash, .strict, validity: true, restricted: true, hashRooms: false),
        Row("9", .urlSafeHash, .strict, validity: true, restricted: true, hashRooms: false),
        Row("10", .urlSafeHash, .strict, validity: true, restricted: true, hashRooms: false),
        Row("11", .urlSafeHash, .strict, validity: true, restricted: true, hashRooms: false),
        Row("12", .urlSafeHash, .strict, validity: true, restricted: true, hashRooms: true),
    ]

    @Test(arguments: rows)
    func `a version is what the specification says of it`(row: Row) throws {
        let version = try #require(RoomVersion.named(row.id))
        #expect(version.id == row.id)
        #expect(version.eventIDs == row.eventIDs)
        #expect(version.choosesEventIDs == (row.eventIDs == .chosen))
        #expect(version.numbers == row.numbers)
        #expect(version.enforcesKeyValidity == row.enforcesKeyValidity)
        #expect(version.allowsRestrictedJoins == row.allowsRestrictedJoins)
        #expect(version.namesRoomsByHash == row.namesRoomsByHash)
    }

    @Test func `there are these twelve and no other`() {
        #expect(RoomVersion.all.map(\.id) == Self.rows.map(\.id))
        for id: Text in ["", "0", "13", "01", "1 ", "1.0", "org.matrix.msc3757.10", "\u{FF11}"] {
            #expect(RoomVersion.named(id) == nil)
        }
    }

    static let forms: [(Text, [RoomVersion.EventIDs])] = [
        ("$opaque:a.example", [.chosen]),
        ("$:a.example", [.chosen]),
        ("$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk", [.standardHash]),
        ("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg", [.urlSafeHash]),
        ("$RqncFdvnEYJTyHqiKxU2bZ1CI92kuZq3a5lr5ZgAAAA", [.standardHash, .urlSafeHash]),
        ("$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJ", []),
        ("$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJkA", []),
        ("$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJ=", []),
        ("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92/kuZq3a5lr5Zg", []),
        ("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5 g", []),
        ("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5\u{E9}", []),
        ("$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3:lr5Zg", [.chosen]),
    ]
    @Test(arguments: forms)
    func `an event id has its version's form`(text: Text, forms: [RoomVersion.EventIDs]) throws {
        let id = try #require(EventID(text))
        for version in RoomVersion.all {
            #expect(version.admits(id) == forms.contains(version.eventIDs), "in version \(version.id)")
        }
    }

    @Test(
        arguments: [
            ("!room:a.example", 1...11), ("!:a.example", 1...11),
            ("!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ", 12...12),
            ("!Nhcu5BS/UMnFX7hBVfVSoXiD7OgH6iRT+xyIuqDnpYQ", nil), ("!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpY", nil),
            ("!room", nil),
        ] as [(Text, ClosedRange<Int>?)]
    )
    func `a room id goes with some versions`(text: Text, versions: ClosedRange<Int>?) throws {
        let id = try #require(RoomID(text))
        let admitting = RoomVersion.all.filter { $0.admits(id) }.map { Int($0.id.string) }
        #expect(admitting == (versions.map(Array.init) ?? []))
    }
}
