internal import Matrix

/// What is planned of one user's memberships; when and how each of them is, a stream of random numbers decides.
struct Plan: Sendable {
    let number: Int
    let server: Int
    /// How many membership events, 1 at least.
    let events: Int
    /// Whether a piece of state that the user sets follows.
    let hasBeacon: Bool
}

/// The events of one user, from first to last.
struct History {
    private let core: RoomCore
    private let plan: Plan
    private let user: Member
    private let profile: Profile
    private var random: Random
    private var last: MadeEvent?
    private(set) var events: [MadeEvent] = []

    init(_ core: RoomCore, _ plan: Plan, _ seed: UInt64, _ used: inout [Bool]) {
        self.core = core
        self.plan = plan
        random = Random(seed, UInt64(plan.number) + 1)
        profile = Profile(plan.number, &random)
        user = Member(user: Text("@\(profile.localpart):\(core.room.servers[plan.server].name)"), server: plan.server)
        live(&used)
    }

    private mutating func live(_ used: inout [Bool]) {
        let isInvited = plan.events > 1 && random.happens(8)
        let isRestricted = core.timeline.isRestricted && !isInvited && random.happens(45)
        let first = core.timeline.time(isPublic: !isRestricted, &random)
        let times = times(after: first)
        for (i, time) in times.prefix(plan.events).enumerated() {
            let isLast = i > 0 && i == plan.events - 1 && !plan.hasBeacon
            switch (i, isInvited) {
            case (0, true): byModerator("invite", time, anybody: true, &used)
            case (1, true): join(i, time, isAuthorised: false, &used)
            case (0, false): join(i, time, isAuthorised: isRestricted, &used)
            default: isLast ? end(i, time, &used) : join(i, time, isAuthorised: false, &used)
            }
        }
        if plan.hasBeacon, let time = times.last { setBeacon(time, &used) }
    }

    /// One for each event, in ascending order.
    private mutating func times(after first: Int) -> [Int] {
        let rest = plan.events - 1 + (plan.hasBeacon ? 1 : 0)
        let later = (0..<rest).map { _ in first + random.below(Room.span - first - rest) }.sorted()
        return [first] + later.enumerated().map { $1 + $0 + 1 }
    }

    private mutating func join(_ index: Int, _ time: Int, isAuthorised: Bool, _ used: inout [Bool]) {
        var content = profile.content(index)
        let authoriser = isAuthorised ? core.authoriser(notOf: user.server, &random) : nil
        if let authoriser {
            content["join_authorised_via_users_server"] = .string(core.residents[authoriser].user)
        }
        let auth = core.auth(
            at: time, withRule: true, members: authoriser.map { [core.members[$0]] } ?? [], &used)
        add(content, by: user, time, auth, cosigner: authoriser.map { core.residents[$0].server })
    }

    /// The last membership of some is no join.
    private mutating func end(_ index: Int, _ time: Int, _ used: inout [Bool]) {
        switch random.below(100) {
        case ..<12:
            let auth = core.auth(at: time, withRule: false, members: [], &used)
            add(["membership": "leave"], by: user, time, auth)
        case 12..<14: byModerator("leave", time, anybody: false, &used)
        case 14: byModerator("ban", time, anybody: false, &used)
        default: join(index, time, isAuthorised: false, &used)
        }
    }

    private mutating func byModerator(_ membership: Text, _ time: Int, anybody: Bool, _ used: inout [Bool]) {
        let moderator = anybody ? random.below(core.residents.count) : core.moderator(at: time, &random)
        let auth = core.auth(at: time, withRule: anybody, members: [core.members[moderator]], &used)
        var content: JSON.Object = ["membership": .string(membership)]
        if !anybody { content["reason"] = "Spam" }
        add(content, by: core.residents[moderator], time, auth)
    }

    private mutating func add(
        _ content: JSON.Object, by sender: Member, _ time: Int, _ auth: [JSON], cosigner: Int? = nil
    ) {
        var prev = [core.room.strange(&random)]
        if let last, random.happens(30) { prev = [last.reference] }
        if random.happens(8) { prev.append(core.room.strange(&random)) }
        let draft = Draft(
            type: "m.room.member", stateKey: user.user, content: content, sender: sender, time: time,
            auth: auth + (last.map { [$0.reference] } ?? []), prev: prev, cosigner: cosigner)
        let event = core.room.make(draft, &random)
        last = event
        events.append(event)
    }

    private mutating func setBeacon(_ time: Int, _ used: inout [Bool]) {
        guard let last else { return }
        let auth = core.auth(at: time, withRule: false, members: [], &used) + [last.reference]
        let draft = Draft(
            type: CoreState.beacon, stateKey: user.user, content: CoreState.beaconContent(time), sender: user,
            time: time, auth: auth, prev: [core.room.strange(&random)])
        events.append(core.room.make(draft, &random))
    }
}
