import Testing

@testable import Matrix

@Suite struct MembershipTemplateTests {
    @Test(arguments: RoomVersion.all)
    func `takes a good template over, and of it the references and the depth`(version: RoomVersion) throws {
        let template = try Sample.template(version)
        #expect(template.version == version)
        #expect(template.statesVersion)
        #expect(template.possibleVersions == [version])
        #expect(template.prevEvents == [Sample.reference(1, version)])
        #expect(template.authEvents == [Sample.reference(2, version), Sample.reference(3, version)])
        #expect(template.depth == 12)
        #expect(template.authoriser == nil)
        #expect(template.request == Sample.request(version))
    }

    @Test(arguments: RoomVersion.all)
    func `a template for leaving is one for leaving`(version: RoomVersion) throws {
        let request = Sample.request(version, .leave)
        let answer = Sample.answer(version, membership: "leave")
        #expect(try MembershipTemplate(checking: answer, for: request).request.membership == .leave)
        #expect(throws: MembershipTemplate.Refusal.self) {
            try MembershipTemplate(checking: answer, for: Sample.request(version))
        }
        #expect(throws: MembershipTemplate.Refusal.self) {
            try MembershipTemplate(checking: Sample.answer(version), for: request)
        }
    }

    @Test func `a template that names no version is of 1 or 2, whichever were offered`() throws {
        let answer = Sample.answer(.v1).with(["room_version"], nil)
        let cases: [([RoomVersion], [RoomVersion])] = [
            (RoomVersion.all, [.v1, .v2]), ([.v1], [.v1]), ([.v2, .v11], [.v2]),
        ]
        for (offered, possible) in cases {
            let template = try MembershipTemplate(checking: answer, for: Sample.request(.v1, offered: offered))
            #expect(template.version == .v1)
            #expect(!template.statesVersion)
            #expect(template.possibleVersions == possible)
        }
    }

    @Test(arguments: RoomVersion.all)
    func `an authoriser is taken over from version 8 on, and only to join`(version: RoomVersion) throws {
        let path: [Text] = ["event", "content", "join_authorised_via_users_server"]
        let authoriser: JSON = "@boss:resident.example:8448"
        let join = Sample.answer(version).with(path, authoriser)
        let template = try MembershipTemplate(checking: join, for: Sample.request(version))
        #expect(template.authoriser == (version.allowsRestrictedJoins ? UserID("@boss:resident.example:8448") : nil))
        let leave = Sample.answer(version, membership: "leave").with(path, authoriser)
        #expect(try MembershipTemplate(checking: leave, for: Sample.request(version, .leave)).authoriser == nil)
    }

    @Test(arguments: RoomVersion.all)
    func `whatever else a template holds changes nothing`(version: RoomVersion) throws {
        let request = Sample.request(version)
        var answer = Sample.answer(version)
        for key in Stuffing.keys { answer = answer.with(["event", key], Stuffing.value) }
        answer = answer.with(["event", "content", "displayname"], "x").with(["extra"], 1)
        #expect(try MembershipTemplate(checking: answer, for: request) == Sample.template(version))
    }

    @Test func `a refusal is described by its field`() {
        #expect(MembershipTemplate.Refusal.field("depth", "is wrong").description == "depth is wrong")
        #expect(MembershipTemplate.Refusal.malformed("it is wrong").description == "it is wrong")
    }
}

/// What a resident might want to have signed besides.
enum Stuffing {
    static let keys: [Text] = [
        "unsigned", "hashes", "signatures", "prev_state", "membership", "redacts", "third_party_invite", "event_id",
        "origin",
        "origin_server_ts", "age_ts", "method", "uri", "destination", "org.example.extra",
    ]
    static let value: JSON = ["sha256": "Zg", "domain": ["ed25519:1": "Zg"]]
}
