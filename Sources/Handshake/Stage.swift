/// One step of a handshake.
package enum Stage: String, Sendable, CaseIterable, Hashable {
    case identity = "self"
    case discovery
    case directory
    /// One request of a person's own.
    case request
    /// The keys of a server, from all who have them.
    case keys
    case makeJoin = "make_join"
    case makeLeave = "make_leave"
    case makeKnock = "make_knock"
    case sign
    case sendJoin = "send_join"
    case sendLeave = "send_leave"
    case sendKnock = "send_knock"
    case verify

    /// The stages of a join, in their order.
    package static let join: [Stage] = [.identity, .discovery, .directory, .makeJoin, .sign, .sendJoin, .verify]
    /// The stages of a leave, in their order.
    package static let leave: [Stage] = [.identity, .discovery, .makeLeave, .sign, .sendLeave]
    /// The stages of a knock, in their order.
    package static let knock: [Stage] = [.identity, .discovery, .directory, .makeKnock, .sign, .sendKnock]
    /// Those that ask for a template, and those that send the event made of it.
    static let makes: [Stage] = [.makeJoin, .makeLeave, .makeKnock]
    static let sends: [Stage] = [.sendJoin, .sendLeave, .sendKnock]

    /// What a person may type for it: with `_` or `-`.
    package init?(typed text: String) {
        self.init(rawValue: String(text.map { $0 == "-" ? "_" : $0 }))
    }

    /// The tens of its exit codes.
    package var tens: Int {
        switch self {
        case .identity: 10
        case .discovery: 20
        case .directory, .request, .keys: 30
        case .makeJoin, .makeLeave, .makeKnock: 40
        case .sign: 50
        case .sendJoin, .sendLeave, .sendKnock: 80
        case .verify: 90
        }
    }
}
