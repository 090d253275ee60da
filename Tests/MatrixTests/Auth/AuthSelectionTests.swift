import Testing

@testable import Matrix

@Suite struct AuthSelectionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let keys: [String]
        let make: @Sendable (inout AuthScene) -> Void

        init(_ description: String, _ keys: [String], _ make: @escaping @Sendable (inout AuthScene) -> Void) {
            testDescription = description
            self.keys = keys
            self.make = make
        }
    }

    static let cases = [
        Case("a message", ["create ", "power_levels ", "member @user:a"]) { _ in },
        Case("a member's join", ["create ", "power_levels ", "member @user:a", "join_rules "]) {
            $0.member("@user:a", "join")
        },
        Case("a leave", ["create ", "power_levels ", "member @user:a"]) { $0.member("@user:a", "leave") },
        Case("a ban", ["create ", "power_levels ", "member @mod:a", "member @user:a"]) {
            $0.member("@mod:a", "ban", of: "@user:a")
        },
        Case("a knock", ["create ", "power_levels ", "member @stranger:b", "join_rules "]) {
            $0.member("@stranger:b", "knock")
        },
        Case(
            "a third party's invite",
            [
                "create ", "power_levels ", "member @user:a", "member @stranger:b", "join_rules ",
                "third_party_invite token",
            ]
        ) { $0.invite("@stranger:b") },
        Case(
            "a restricted room's join",
            ["create ", "power_levels ", "member @stranger:b", "join_rules ", "member @mod:a"]
        ) { $0.member("@stranger:b", "join", ["join_authorised_via_users_server": "@mod:a"]) },
        Case("a leave that names who let it in", ["create ", "power_levels ", "member @user:a"]) {
            $0.member("@user:a", "leave", ["join_authorised_via_users_server": "@mod:a"])
        },
        Case("a create event", []) { $0.create() },
    ]

    @Test(arguments: cases)
    func `names the state for`(chosen: Case) {
        #expect(Self.keys(chosen, .v11) == chosen.keys)
        #expect(Self.keys(chosen, .v12) == chosen.keys.filter { $0 != "create " }, "the room id stands for it")
    }

    @Test func `names who let in a restricted room's join from version 8 on`() throws {
        let join = try #require(Self.cases.first { $0.testDescription == "a restricted room's join" })
        #expect(Self.keys(join, .v8) == join.keys)
        #expect(Self.keys(join, .v7) == join.keys.dropLast())
    }

    private static func keys(_ chosen: Case, _ version: RoomVersion) -> [String] {
        var scene = AuthScene(version)
        chosen.make(&scene)
        let keys = version.rules.terms.selection.keys(for: scene.event)
        return keys.map { "\($0.type.string.dropFirst(7)) \($0.stateKey)" }
    }

    @Test(arguments: RoomVersion.all)
    func `admits exactly what it names`(version: RoomVersion) {
        let selection = version.rules.terms.selection
        for (example, _) in AuthExample.of(version) {
            let scene = example.scene(version)
            let event = scene.event
            let keys = selection.keys(for: event)
            for candidate in scene.state {
                let isNamed = keys.contains { $0.type == candidate.type && $0.stateKey == candidate.stateKey }
                #expect(selection.admits(candidate, for: event) == isNamed, "\(example.name): \(candidate.type)")
            }
        }
    }
}
